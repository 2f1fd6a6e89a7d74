"""GitHub's published description of Codespaces, as a check of requests and of replies.

``github-codespaces.openapi.json`` (its source and version stand beside it) is read by openapi-core,
which holds everything against it. The description takes fields and parameters that it does not
know: here they are complaints, because a word that is written wrongly would be one.
"""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

HOST = "https://api.github.com"
_FILE = Path(__file__).with_name("github-codespaces.openapi.json")
_CODESPACES = "/repos/{owner}/{repo}/codespaces"
# What gh sends and GitHub does not publish (source: cli/cli, internal/codespaces/api/api.go).
_OF_GH = {
    (f"{_CODESPACES}/devcontainers", "ref"),
    (f"{_CODESPACES}/machines", "devcontainer_path"),
    ("/user/codespaces/{codespace_name}", "internal"),
    ("/user/codespaces/{codespace_name}", "refresh"),
}


class Wrong(AssertionError):
    """A request or a reply is not what GitHub publishes."""


@functools.cache
def description():
    """Return the description as it was published."""
    return json.loads(_FILE.read_text())


@functools.cache
def _api():
    """Return openapi-core with it; bodies of requests have no fields but the published ones."""
    from openapi_core import OpenAPI

    closed = json.loads(_FILE.read_text())
    for methods in closed["paths"].values():
        for operation in methods.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                _close(content["schema"])
    return OpenAPI.from_dict(closed)


def _close(schema):
    for one in schema.get("oneOf", [schema]):
        one["additionalProperties"] = False
        for inner in one.get("properties", {}).values():
            if "properties" in inner:
                _close(inner)


def _is_gh(headers):
    return headers.get("User-Agent", "").startswith("GitHub CLI")


class _Request:
    """One request as openapi-core wants it (its Protocol ``Request``)."""

    host_url = HOST

    def __init__(self, method, target, headers, body):
        from openapi_core.datatypes import RequestParameters
        from werkzeug.datastructures import Headers, ImmutableMultiDict

        self.method, self.path = method.lower(), urlsplit(target).path
        self.body, self.content_type = body or None, headers.get("Content-Type", "").lower()
        own = _is_gh(headers)  # it sends ``location=`` when nobody named one
        self.query = parse_qsl(urlsplit(target).query, keep_blank_values=not own)
        self.parameters = RequestParameters(
            query=ImmutableMultiDict(self.query), header=Headers(list(headers.items()))
        )


class _Reply:
    """One reply as openapi-core wants it (its Protocol ``Response``)."""

    def __init__(self, status, data):
        from werkzeug.datastructures import Headers

        self.status_code, self.data = status, data
        self.content_type, self.headers = "application/json", Headers()


def pattern_of(path):
    """Return a path as it is published, ``/user/codespaces/{codespace_name}``; None: it is not."""
    patterns = sorted(description()["paths"], key=lambda one: one.count("{"))
    for one in patterns:
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", one), path):
            return one
    return None


class Exchange:
    """One request, checked; :meth:`answered` checks what is replied to it."""

    def __init__(self, method, target, headers, body=b""):
        self.request = _Request(method, target, headers, body)
        self.pattern = pattern_of(self.request.path)
        self.operation = description()["paths"].get(self.pattern, {}).get(method.lower())
        if self.operation is None:
            raise Wrong(f"GitHub publishes no {method} {self.request.path}")
        if not headers.get("User-Agent"):
            raise Wrong("GitHub refuses a request without User-Agent")
        for name, _value in self.request.query:
            if name not in self._parameters() and not (
                (self.pattern, name) in _OF_GH and _is_gh(headers)
            ):
                raise Wrong(f"{method} {self.pattern} has no parameter {name}")
        if body and "requestBody" not in self.operation:
            raise Wrong(f"{method} {self.pattern} takes no body")
        _ask(_api().validate_request, self.request)

    def _parameters(self):
        found = set()
        known = description()["components"]["parameters"]
        for given in self.operation.get("parameters", []):
            one = known[given["$ref"].rpartition("/")[2]] if "$ref" in given else given
            if one["in"] == "query":
                found.add(one["name"])
        return found

    def publishes(self, status):
        """Return whether GitHub says that it may reply so."""
        return str(status) in self.operation["responses"]

    def answered(self, status, value):
        """Raise Wrong when this is no reply that GitHub publishes; with what it says of errors."""
        if not self.publishes(status):
            if status < 400:
                raise Wrong(f"GitHub does not publish {status} for {self.pattern}")
            check(value, "validation-error" if status == 422 else "basic-error")
        elif status not in {204, 304}:
            _ask(_api().validate_response, self.request, _Reply(status, json.dumps(value).encode()))


def _ask(question, *words):
    """Ask openapi-core; its own exceptions become one."""
    from openapi_core.exceptions import OpenAPIError

    try:
        question(*words)
    except OpenAPIError as error:
        causes = getattr(error.__cause__, "schema_errors", ()) or [error.__cause__ or error]
        raise Wrong("; ".join(str(getattr(c, "message", c))[-300:] for c in causes)) from error


def check(value, name):
    """Raise Wrong when a value is not what that schema says."""
    from openapi_schema_validator import OAS30ReadValidator

    schema = {"$ref": f"#/components/schemas/{name}", "components": description()["components"]}
    for error in OAS30ReadValidator(schema).iter_errors(value):
        raise Wrong(f"{name}: {error.message}")


def filled(name, address, /, **values):
    """Return a value with all that a schema requires; ``address`` stands where one is wanted."""
    schema = description()["components"]["schemas"][name]
    unknown = values.keys() - schema["properties"].keys()
    if unknown:
        raise Wrong(f"{name} has no {sorted(unknown)}")
    return {
        field: values[field] if field in values else _any(schema["properties"][field], address)
        for field in (*schema["required"], *(values.keys() - set(schema["required"])))
    }


def _any(schema, address):
    """Return some value of a schema."""
    if "$ref" in schema:
        return filled(schema["$ref"].rpartition("/")[2], address)
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("nullable"):
        return None
    if schema["type"] == "string":
        return "2026-11-21T18:00:00Z" if schema.get("format") == "date-time" else address
    if schema["type"] == "object":
        return {f: _any(schema["properties"][f], address) for f in schema.get("required", ())}
    return {"integer": 7, "number": 7, "boolean": False, "array": []}[schema["type"]]
