"""What a devcontainer.json of ours may hold, as a JSON schema.

Written by hand from the published one of the development containers' specification
(https://raw.githubusercontent.com/devcontainers/spec/main/schemas/devContainer.base.schema.json):
the keys that envboot writes, with the same types and patterns, and no others.
"""

from __future__ import annotations

_SIZE = {"type": "string", "pattern": r"^\d+([tgmk]b)?$"}
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2019-09/schema",
    "type": "object",
    "required": ["image"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string"},
        "image": {"type": "string"},
        "forwardPorts": {
            "type": "array",
            "items": {"type": "integer", "minimum": 0, "maximum": 65535},
        },
        "postCreateCommand": {"type": ["string", "array", "object"]},
        "hostRequirements": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "cpus": {"type": "integer", "minimum": 1},
                "memory": _SIZE,
                "storage": _SIZE,
                "gpu": {
                    "oneOf": [
                        {"enum": [True, False, "optional"]},
                        {
                            "type": "object",
                            "additionalProperties": False,
                            "properties": {
                                "cores": {"type": "integer", "minimum": 1},
                                "memory": _SIZE,
                            },
                        },
                    ]
                },
            },
        },
        "customizations": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "vscode": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "extensions": {"type": "array", "items": {"type": "string"}},
                        "settings": {"type": "object"},
                    },
                }
            },
        },
    },
}
