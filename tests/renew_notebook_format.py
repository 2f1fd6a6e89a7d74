"""Writes the tables of docs/reference/notebook-format.md anew, from the schema.

    PYTHONPATH=. python tests/renew_notebook_format.py

What a key means is said in the schema alone; a test fails when the page is older than it.
"""

import json
import textwrap
from pathlib import Path

from envboot.formats.notebook import schema

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "notebook-format.md"
BEGIN = "<!-- written by tests/renew_notebook_format.py: -->\n"
END = "<!-- :end -->\n"
_SAID = {"object": "object", "array": "list", "string": "text", "integer": "whole number"}


def kind(rule: dict) -> str:
    """Return what may stand there, in a word or two."""
    ref = rule.get("$ref", "").rpartition("/")[2]
    if ref in {"text", "bytes", "relpath"}:
        return {"text": "text of a file", "bytes": "size", "relpath": "path"}[ref]
    rule = schema.resolved(rule)
    if "const" in rule:
        return f"`{json.dumps(rule['const'])}`"
    for keyword in ("anyOf", "oneOf"):
        if keyword in rule:
            return " or ".join(dict.fromkeys(kind(inner) for inner in rule[keyword]))
    kinds = rule["type"] if isinstance(rule["type"], list) else [rule["type"]]
    return " or ".join("true or false" if k == "boolean" else _SAID.get(k, k) for k in kinds)


def table(rule: dict) -> str:
    """Return the keys of an object as a table."""
    rows = ["| key | what stands there | since | what it says |", "| --- | --- | --- | --- |"]
    required = rule.get("required", ())
    for key, inner in schema.resolved(rule)["properties"].items():
        whole = schema.resolved(inner)
        must = " **Required.**" if key in required else ""
        examples = "".join(
            f" Example: `{json.dumps(e, ensure_ascii=False)}`." for e in whole.get("examples", ())
        )
        said = f"{whole['description']}{must}{examples}"
        rows.append(f"| `{key}` | {kind(inner)} | {whole['x-since']} | {said} |")
    return "\n".join(rows) + "\n"


def text() -> str:
    """Return what stands between the marks."""
    whole = schema.schema()
    keys, named = whole["properties"], whole["$defs"]
    names = ", ".join(f"`{name}`" for name in keys["files"]["propertyNames"]["enum"])
    names = "\n".join(textwrap.wrap(f"{names}.", 120, break_on_hyphens=False))
    parts = [
        ("", "", whole),
        ("git", keys["git"]["description"], keys["git"]),
        ("machine_configuration", keys["machine_configuration"]["description"], named["machine"]),
        ("cloud", named["cloud"]["description"], named["cloud"]),
        (
            "cloud: metadata",
            named["cloud"]["properties"]["metadata"]["description"],
            named["cloud"]["properties"]["metadata"],
        ),
    ]
    out = []
    for name, said, rule in parts:
        heading = f"### {f'`{name}`' if name else 'At the top'}\n\n"
        out.append(heading + (f"{said}\n\n" if said else "") + table(rule))
    out.append(f"### The names of `files`\n\n{names}\n")
    patterns = [
        (f"`{place}`", rule["pattern"].replace("|", "\\|"))
        for place, rule in (
            ("env_ver", keys["env_ver"]),
            ("sources", keys["sources"]["additionalProperties"]),
            ("container", keys["container"]),
            *((f"git.{key}", r) for key, r in keys["git"]["properties"].items()),
            *((f"cloud.{key}", r) for key, r in named["cloud"]["properties"].items()),
            ("a path", named["relpath"]),
            ("a size", named["bytes"]),
        )
        if "pattern" in rule
    ]
    rows = "\n".join(f"| {place} | `{pattern}` |" for place, pattern in patterns)
    head = "| key | pattern (ECMAScript, and Python's `re`) |\n| --- | --- |"
    out.append(f"### Patterns\n\n{head}\n{rows}\n")
    return "\n".join(out)


def renewed(page: str) -> str:
    """Return the page with what is between the marks as the schema has it now."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{text()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
