"""Evaluates an ARM template as a deployment does, as far as ours goes, and holds it to the schema.

The functions are those that ours uses; any other is an error, as a misspelt one is at Azure.
Source: "ARM template functions" of Azure's documentation.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import jsonschema

SCHEMA = Path(__file__).with_name("azure-templates.schema.json")
_TOKEN = re.compile(r"\s*(?:'((?:[^']|'')*)'|([A-Za-z]\w*)|(.))")


class Wrong(Exception):
    """What the service would answer with InvalidTemplate."""


@cache
def schema():
    return json.loads(SCHEMA.read_text())


def resources(template, given, group, location, subscription):
    """Return the resources of a template with all expressions evaluated, and its outputs."""
    declared = template["parameters"]
    if unknown := given.keys() - declared.keys():
        raise Wrong(f"parameters that the template does not declare: {sorted(unknown)}")
    scope = {"group": {"name": group, "location": location}, "subscription": subscription}
    values = {}
    for name, says in declared.items():
        if name in given:
            values[name] = given[name]["value"]
        elif "defaultValue" in says:
            values[name] = evaluate(says["defaultValue"], {}, scope)
        else:
            raise Wrong(f"the parameter {name} has no value")
        kinds = {"string": str, "int": int, "object": dict, "bool": bool}
        if not isinstance(values[name], kinds[says["type"]]):
            raise Wrong(f"the parameter {name} is no {says['type']}")
    made = [evaluate(r, values, scope) for r in template["resources"]]
    for one in made:
        check(one)
    ids = {ident(r, scope) for r in made}
    for one in made:
        if missing := set(one.get("dependsOn", ())) - ids:
            raise Wrong(f"depends on what is not in the template: {sorted(missing)}")
    outputs = {n: o["value"] for n, o in template.get("outputs", {}).items()}
    return made, lambda state: {
        n: evaluate(v, values, {**scope, "state": state}) for n, v in outputs.items()
    }


def ident(resource, scope):
    return _id(scope, resource["type"], resource["name"])


def check(resource):
    """Hold one evaluated resource to the published schema. Raises Wrong."""
    kind = resource["type"]
    known = schema()["resources"].get(kind)
    if known is None:
        raise Wrong(f"no resource type {kind}")
    body = {k: v for k, v in without_nulls(resource).items() if k != "name"}
    body["name"] = resource["name"]
    # Of several alternatives the schema lists an expression too, which is a string like any other.
    relaxed = {**schema(), **known}
    errors = sorted(jsonschema.Draft4Validator(relaxed).iter_errors(body), key=str)
    if errors:
        at = "/".join(map(str, errors[0].absolute_path))
        raise Wrong(f"{kind}: {at}: {jsonschema.exceptions.best_match(errors).message[:300]}")


def without_nulls(value):
    """Azure leaves out what is null."""
    if isinstance(value, dict):
        return {k: without_nulls(v) for k, v in value.items() if v is not None}
    return [without_nulls(v) for v in value] if isinstance(value, list) else value


# ------------------------------------------------------------------------- expressions


def evaluate(value, parameters, scope):
    if isinstance(value, dict):
        return {k: evaluate(v, parameters, scope) for k, v in value.items()}
    if isinstance(value, list):
        return [evaluate(v, parameters, scope) for v in value]
    if not isinstance(value, str) or not value.startswith("[") or value.startswith("[["):
        return value
    if not value.endswith("]"):
        raise Wrong(f"an expression without end: {value}")
    tokens = [m.groups() for m in _TOKEN.finditer(value[1:-1])]
    found, rest = _term(tokens, parameters, scope)
    if rest:
        raise Wrong(f"more than an expression: {value}")
    return found


def _term(tokens, parameters, scope):
    if not tokens:
        raise Wrong("an expression that ends too early")
    (text, name, sign), *rest = tokens
    if text is not None:
        return text.replace("''", "'"), rest
    if name is None or not rest or rest[0][2] != "(":
        raise Wrong(f"not understood: {name or sign}")
    rest, arguments = rest[1:], []
    while rest and rest[0][2] != ")":
        found, rest = _term(rest, parameters, scope)
        arguments.append(found)
        if rest and rest[0][2] == ",":
            rest = rest[1:]
    found, rest = _call(name, arguments, parameters, scope), rest[1:]
    while rest and rest[0][2] == ".":
        found, rest = found[rest[1][1]], rest[2:]
    return found, rest


def _call(name, arguments, parameters, scope):  # noqa: PLR0911
    if name == "parameters":
        if arguments[0] not in parameters:
            raise Wrong(f"no parameter {arguments[0]}")
        return parameters[arguments[0]]
    if name == "resourceGroup":
        return scope["group"]
    if name == "resourceId":
        return _id(scope, *arguments)
    if name == "concat":
        return "".join(arguments)
    if name == "equals":
        return arguments[0] == arguments[1]
    if name == "if":
        return arguments[1] if arguments[0] else arguments[2]
    if name == "null":
        return None
    if name == "reference" and "state" in scope:
        return scope["state"][arguments[0]]
    raise Wrong(f"no function {name} here")


def _id(scope, kind, *names):
    space, *kinds = kind.split("/")
    parts = "/".join(f"{k}/{n}" for k, n in zip(kinds, names))
    group = f"/subscriptions/{scope['subscription']}/resourceGroups/{scope['group']['name']}"
    return f"{group}/providers/{space}/{parts}"
