"""What GitHub publishes of the few operations that are played here, as facts, and checks of both.

Sources: the GraphQL schema (schema.docs.graphql) for the mutation ``createRepository`` and the
query ``viewer``; the OpenAPI description of the REST API for ``GET /user/orgs``
(organization-simple) and ``GET /users/{username}`` (public-user).
"""

from __future__ import annotations

import re

# type → field → its type
FIELDS = {
    "Query": {"viewer": "User!"},
    "Mutation": {"createRepository": "CreateRepositoryPayload"},
    "User": {"id": "ID!", "login": "String!", "url": "URI!"},
    "CreateRepositoryPayload": {"clientMutationId": "String", "repository": "Repository"},
    "Repository": {
        "id": "ID!",
        "name": "String!",
        "nameWithOwner": "String!",
        "owner": "RepositoryOwner!",
        "sshUrl": "GitSSHRemote!",
        "url": "URI!",
    },
    "RepositoryOwner": {"id": "ID!", "login": "String!", "url": "URI!"},
}
ARGUMENTS = {"createRepository": {"input": "CreateRepositoryInput!"}}
INPUTS = {
    "CreateRepositoryInput": {
        "clientMutationId": "String",
        "description": "String",
        "hasIssuesEnabled": "Boolean",
        "hasWikiEnabled": "Boolean",
        "homepageUrl": "URI",
        "name": "String!",
        "ownerId": "ID",
        "teamId": "ID",
        "template": "Boolean",
        "visibility": "RepositoryVisibility!",
    }
}
ENUMS = {"RepositoryVisibility": {"INTERNAL", "PRIVATE", "PUBLIC"}}
SCALARS = {"ID": str, "String": str, "URI": str, "GitSSHRemote": str, "Boolean": bool}

_USER_URLS = (
    "avatar_url events_url followers_url following_url gists_url html_url organizations_url "
    "received_events_url repos_url starred_url subscriptions_url url"
)
_ORGANISATION_URLS = (
    "avatar_url events_url hooks_url issues_url members_url public_members_url repos_url url"
)
_NUMBERS = "followers following id public_gists public_repos"
_TEXTS = "created_at login node_id type updated_at"
_NULLABLE = "bio blog company email gravatar_id hireable location name"
# name → what must be in the reply, and of which type; None: it may be null
RESPONSES = {
    "public-user": {
        **dict.fromkeys(_USER_URLS.split(), str),
        **dict.fromkeys(_NULLABLE.split(), None),
        **dict.fromkeys(_NUMBERS.split(), int),
        **dict.fromkeys(_TEXTS.split(), str),
        "site_admin": bool,
    },
    "organization-simple": {
        **dict.fromkeys(_ORGANISATION_URLS.split(), str),
        "login": str,
        "node_id": str,
        "id": int,
        "description": None,
    },
}


class Wrong(AssertionError):
    """A request or a reply is not what GitHub publishes."""


def reply(schema: str, **values: object) -> dict[str, object]:
    """Return a reply with all that its schema requires."""
    wanted = RESPONSES[schema]
    login = values["login"]
    usual = {str: f"https://api.github.com/{login}", int: 7, bool: False, None: None}
    made = {name: values.get(name, usual[kind]) for name, kind in wanted.items()}
    for name, kind in wanted.items():
        if kind is not None and type(made[name]) is not kind:
            raise Wrong(f"{schema}.{name} is {made[name]!r}, no {kind.__name__}")
    return made


class Operation:
    """One GraphQL request, checked: its variables, and the fields that it asks for."""

    def __init__(self, body: dict[str, object]) -> None:
        self.words = re.findall(r"[A-Za-z_]\w*|[{}():$!\[\],=]", str(body["query"]))
        self.at = 0
        kind = self._next()
        if kind not in {"query", "mutation"}:
            raise Wrong(f"no operation: {kind}")
        self._next()  # its name
        declared = self._variables() if self._here() == "(" else {}
        given = body.get("variables") or {}
        if set(given) != set(declared):
            raise Wrong(f"variables {sorted(given)} for {sorted(declared)}")
        for name, type_ in declared.items():
            check(given[name], type_, name)
        self.variables = given
        self.type = kind.capitalize()
        self.shape = self._fields(self.type)
        (self.name,) = self.shape

    def _here(self) -> str:
        return self.words[self.at]

    def _next(self, wanted: str = "") -> str:
        word = self.words[self.at]
        if wanted and word != wanted:
            raise Wrong(f"{wanted!r} expected, not {word!r}")
        self.at += 1
        return word

    def _variables(self) -> dict[str, str]:
        self._next("(")
        found = {}
        while self._here() != ")":
            self._next("$")
            name = self._next()
            self._next(":")
            type_ = self._next()
            found[name] = type_ + (self._next() if self._here() == "!" else "")
        self._next(")")
        return found

    def _fields(self, type_: str) -> dict[str, object]:
        """Return the fields asked for: name → (type, the fields of that, or None)."""
        self._next("{")
        found: dict[str, object] = {}
        while self._here() != "}":
            name = self._next()
            if name not in FIELDS[type_]:
                raise Wrong(f"{type_} has no field {name}")
            if self._here() == "(":
                self._next("(")
                argument = self._next()
                if argument not in ARGUMENTS.get(name, {}):
                    raise Wrong(f"{name} takes no {argument}")
                for word in (":", "$"):
                    self._next(word)
                self._next()
                self._next(")")
            inner = FIELDS[type_][name].rstrip("!")
            if (inner in FIELDS) != (self._here() == "{"):
                raise Wrong(f"{name} is {inner}: it needs fields of its own, or has none")
            found[name] = (FIELDS[type_][name], self._fields(inner) if inner in FIELDS else None)
        self._next("}")
        return found

    def answer(self, value: dict[str, object]) -> dict[str, object]:
        """Return ``data`` with exactly what was asked for. Raises Wrong when that is not there."""
        return _select(value, self.shape)


def check(value: object, type_: str, path: str) -> None:
    """Raise Wrong when an input is not of that type."""
    name = type_.rstrip("!")
    if value is None:
        if type_.endswith("!"):
            raise Wrong(f"{path} is required")
    elif name in INPUTS:
        assert isinstance(value, dict)
        for field in value.keys() - INPUTS[name].keys():
            raise Wrong(f"{name} has no {field}")
        for field, inner in INPUTS[name].items():
            check(value.get(field), inner, f"{path}.{field}")
    elif name in ENUMS:
        if value not in ENUMS[name]:
            raise Wrong(f"{path}: {value!r} is no {name}")
    elif type(value) is not SCALARS[name]:
        raise Wrong(f"{path}: {value!r} is no {name}")


def _select(value: dict[str, object], shape: dict[str, object]) -> dict[str, object]:
    out: dict[str, object] = {}
    for name, (type_, inner) in shape.items():
        found = value.get(name)
        if inner is None:
            check(found, type_, name)
            out[name] = found
        elif found is None and type_.endswith("!"):
            raise Wrong(f"{name} may not be null")
        else:
            out[name] = None if found is None else _select(found, inner)
    return out
