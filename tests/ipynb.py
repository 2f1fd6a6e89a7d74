"""Notebooks of many kinds, made here: as the services and editors write them, in many styles."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

PYTHON3 = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
INFO = {
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
    "version": "3.11.7",
}
USUAL = {"kernelspec": PYTHON3, "language_info": INFO}
_PICTURE = base64.b64encode(bytes(range(256)) * 240).decode()


def code(source: object = ("import os\n", "os.getcwd()"), *outputs: object, **more: Any) -> dict:
    lines = list(source) if isinstance(source, tuple) else source
    cell = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": list(outputs)}
    return {**cell, "source": lines, **more}


def markdown(*lines: str, **more: Any) -> dict:
    return {"cell_type": "markdown", "metadata": {}, "source": list(lines), **more}


def stream(*lines: str) -> dict:
    return {"name": "stdout", "output_type": "stream", "text": list(lines)}


def shown(data: dict, **metadata: Any) -> dict:
    return {"data": data, "metadata": metadata, "output_type": "display_data"}


def notebook(*cells: dict, minor: int = 4, metadata: dict | None = None) -> dict:
    """Return a notebook of format 4; from 4.5 on its cells have ids."""
    there = [dict(c) for c in cells]
    if minor >= 5:
        there = [{**c, "id": f"cell-{number}"} for number, c in enumerate(there)]
    used = USUAL if metadata is None else metadata
    return {"cells": there, "metadata": used, "nbformat": 4, "nbformat_minor": minor}


def _old(*cells: dict, **metadata: Any) -> dict:
    """Return a notebook of format 3."""
    sheets = [{"cells": list(cells), "metadata": {}}]
    metadata = {"name": "", **metadata}
    return {"metadata": metadata, "nbformat": 3, "nbformat_minor": 0, "worksheets": sheets}


def _old_code(*lines: str, language: str = "python") -> dict:
    cell = {"cell_type": "code", "collapsed": False, "input": list(lines), "language": language}
    return {**cell, "metadata": {}, "outputs": [], "prompt_number": 3}


SERVICES: dict[str, dict] = {
    "colab": {
        "accelerator": "GPU",
        "colab": {"gpuType": "T4", "name": "a.ipynb", "provenance": [], "toc_visible": True},
        "kernelspec": {"display_name": "Python 3", "name": "python3"},
        "language_info": {"name": "python"},
    },
    "kaggle": {
        "kaggle": {
            "accelerator": "nvidiaTeslaT4",
            "dataSources": [{"sourceId": 1, "sourceType": "competition"}],
            "isGpuEnabled": True,
            "isInternetEnabled": True,
            "language": "python",
            "sourceType": "notebook",
        },
        **USUAL,
        "papermill": {"default_parameters": {}, "duration": 12.5, "exception": None},
    },
    "databricks": {
        "application/vnd.databricks.v1+notebook": {
            "computePreferences": None,
            "dashboards": [],
            "environmentMetadata": {"base_environment": "", "environment_version": "2"},
            "language": "python",
            "notebookMetadata": {"pythonIndentUnit": 4},
            "widgets": {},
        },
        "language_info": {"name": "python"},
    },
    "vscode": {
        "interpreter": {"hash": "0" * 64},
        "kernelspec": {"display_name": ".venv", "language": "python", "name": "python3"},
        "language_info": INFO,
        "orig_nbformat": 4,
        "vscode": {"interpreter": {"hash": "0" * 64}},
    },
    "sagemaker": {
        "availableInstances": [
            {"_defaultOrder": n, "gpuNum": 0, "name": f"ml.t3.{n}", "vcpuNum": 2} for n in range(9)
        ],
        "instance_type": "ml.t3.medium",
        "kernelspec": {**PYTHON3, "name": "python3__SAGEMAKER_INTERNAL__arn:aws:sagemaker:x"},
        "language_info": INFO,
        "lcc_arn": "",
    },
    "deepnote": {
        "deepnote": {"is_reactive": False},
        "deepnote_execution_queue": [],
        "deepnote_notebook_id": "00000000-0000-0000-0000-000000000000",
        "orig_nbformat": 2,
    },
    "workbench": {
        "environment": {
            "kernel": "conda-base-py",
            "name": "workbench-notebooks.m128",
            "type": "gcloud",
            "uri": "us-docker.pkg.dev/deeplearning-platform-release/gcr.io/base-cpu:m128",
        },
        **USUAL,
    },
    "deep learning vm": {
        "environment": {
            "name": "common-cpu.m55",
            "type": "gcloud",
            "uri": "gcr.io/deeplearning-platform-release/base-cpu:m55",
        },
        **USUAL,
    },
    "conda env attach": {
        "environment": {
            "channels": ["defaults"],
            "dependencies": ["numpy=1.11", "python=3.5", {"pip": ["six"]}],
            "name": "attached",
            "prefix": "/opt/conda/envs/attached",
        },
        **USUAL,
    },
    "azureml": {
        "kernel_info": {"name": "python310-sdkv2"},
        "kernelspec": {**PYTHON3, "name": "python310-sdkv2"},
        "language_info": INFO,
        "microsoft": {"host": {"AzureML": {"notebookHasBeenCompleted": True}}},
        "nteract": {"version": "nteract-front-end@1.0.0"},
    },
    "cocalc": {
        "kernelspec": {
            **PYTHON3,
            "env": {},
            "metadata": {"cocalc": {"description": "é", "priority": 10}},
            "resource_dir": "/ext/jupyter/kernels/python3",
        },
        "language_info": INFO,
    },
    "papermill": {
        **USUAL,
        "papermill": {
            "duration": 0.1,
            "environment_variables": {},
            "parameters": {"alpha": 0.6, "x": float("nan")},
            "version": "2.5.0",
        },
    },
    "jupytext": {
        "jupytext": {
            "formats": "ipynb,py:percent",
            "notebook_metadata_filter": "environment",
            "text_representation": {"extension": ".py", "format_name": "percent"},
        },
        **USUAL,
    },
    "juv": {"uv.lock": 'version = 1\nrequires-python = ">=3.11"\n', **USUAL},
    "pixi": {"pixi-kernel": {"environment": "default"}, **USUAL},
    "extensions": {
        "hide_input": False,
        "latex_envs": {"LaTeX_envs_menu_present": True, "eqNumInitial": 1},
        "toc": {"base_numbering": 1, "nav_menu": {}, "toc_position": {"height": "calc(100% - 1)"}},
        "varInspector": {"types_to_exclude": ["module"], "window_display": False},
        **USUAL,
    },
    "rise": {"celltoolbar": "Slideshow", "rise": {"scroll": True, "theme": "sky"}, **USUAL},
    "anaconda": {"anaconda-cloud": {}, "kernelspec": {**PYTHON3, "name": "conda-env-a-py"}},
    "widgets": {
        "widgets": {
            "application/vnd.jupyter.widget-state+json": {
                "state": {
                    f"{n:032x}": {
                        "model_module": "@jupyter-widgets/base",
                        "model_module_version": "1.2.0",
                        "model_name": "LayoutModel",
                        "state": {"width": "{", "children": ["IPY_MODEL_]"], "value": n / 7},
                    }
                    for n in range(40)
                },
                "version_major": 2,
                "version_minor": 0,
            }
        },
        **USUAL,
    },
    "R": {
        "kernelspec": {"display_name": "R", "language": "R", "name": "ir"},
        "language_info": {"codemirror_mode": "r", "file_extension": ".r", "name": "R"},
    },
    "julia": {
        "kernelspec": {"display_name": "Julia 1.9.3", "language": "julia", "name": "julia-1.9"},
        "language_info": {"file_extension": ".jl", "name": "julia", "version": "1.9.3"},
    },
    "bash": {
        "kernelspec": {"display_name": "Bash", "language": "bash", "name": "bash"},
        "language_info": {"codemirror_mode": "shell", "name": "bash"},
    },
    "xeus": {
        "kernelspec": {"display_name": "C++17", "language": "C++17", "name": "xcpp17"},
        "language_info": {"codemirror_mode": "text/x-c++src", "name": "c++", "version": "17"},
    },
    "dotnet": {
        "kernelspec": {"display_name": ".NET (C#)", "language": "C#", "name": ".net-csharp"},
        "language_info": {"name": "C#"},
        "polyglot_notebook": {"kernelInfo": {"defaultKernelName": "csharp", "items": []}},
    },
    "deno": {
        "kernelspec": {"display_name": "Deno", "language": "typescript", "name": "deno"},
        "language_info": {"name": "typescript", "version": "5.3.3"},
    },
    "sos": {
        "kernelspec": {"display_name": "SoS", "language": "sos", "name": "sos"},
        "language_info": {"name": "sos"},
        "sos": {"kernels": [["SoS", "sos", "", "", "sos"]], "version": "0.22"},
    },
    "nothing": {},
    "kernel only": {"kernelspec": PYTHON3},
    "language only": {"language_info": {"name": "python"}},
    "not sorted": {"zebra": 1, **dict(reversed(USUAL.items())), "apple": {"b": [], "a": {}}},
    "title and authors": {"authors": [{"name": "Åsa Öberg"}], "title": "Ein Titel", **USUAL},
    "ours, empty": {"envboot": {}, **USUAL},
    "ours, opted out": {"envboot": {"embed": False}, **USUAL},
}
"""What stands in the metadata of a notebook, by who wrote it."""

_TRAPS = '{"metadata": {"environment": {"env_ver": "0.1"}}, "nbformat": [[['
CELLS: dict[str, list[dict]] = {
    "no cells": [],
    "an empty cell": [code([])],
    "an empty text": [code("")],
    "a text as source": [code("import os\nos.getcwd()"), markdown("# x")],
    "streams": [code("1", stream("a\n", "b"), {**stream("w"), "name": "stderr"})],
    "colours": [code("1", stream('\u001b[31mred\u001b[0m \\u00e9 \\\\ \\" \u0008\n'))],
    "an error": [
        code(
            "1/0",
            {
                "ename": "ZeroDivisionError",
                "evalue": "division by zero",
                "output_type": "error",
                "traceback": ["\u001b[0;31m----\u001b[0m", "Traceback {[("],
            },
        )
    ],
    "a picture": [code("plot()", shown({"image/png": _PICTURE, "text/plain": ["<Figure>"]}))],
    "a long text": [code("1", stream('x = {"a": [1]}\\n' * 20_000))],
    "quotes": [code("1", stream('"' * 5_000), stream("\\" * 5_001), stream('\\"' * 5_000))],
    "brackets": [code("1", stream("{[" * 3_000 + '"'), stream("]}" * 3_000))],
    "a notebook in a text": [code(_TRAPS), markdown(_TRAPS), code("1", stream(_TRAPS))],
    "attachments": [markdown("![a](a.png)", attachments={"a.png": {"image/png": _PICTURE}})],
    "surrogate pairs": [
        code("'\U0001f600 \U0001d4b3 \U0010ffff'", stream("\U0001f469\u200d\U0001f467\n")),
        markdown("\u6f22\u5b57, \u05e2\u05d1, \u202ex\u202c"),
    ],
    "half a pair": [code("1", stream("\ud83d alone"))],
    "unusual line ends": [code("a\r\nb\u2028c\u2029d\x0be\x85f\x0c")],
    "no numbers": [code("1", shown({"application/json": {"x": float("nan"), "y": 1e308}}))],
    "numbers": [code("1", shown({"application/json": [0, -0.0, 1e-300, -1, 2**70, 1.5e300]}))],
    "deep": [code("1", shown({"application/json": json.loads("[" * 90 + "]" * 90)}))],
    "a plot as JSON": [
        code("1", shown({"application/vnd.plotly.v1+json": {"data": [{"x": list(range(500))}]}}))
    ],
    "many cells": [code(f"x = {n}") for n in range(300)],
    "tags and slides": [
        code("1", metadata={"tags": ["parameters"], "slideshow": {"slide_type": "slide"}}),
        {"cell_type": "raw", "metadata": {"format": "text/x-rst"}, "source": ["::"]},
    ],
    "html": [code("1", shown({"text/html": ["<a href='x'>", "</a><script>'\"</script>"]}))],
}
"""What stands in the cells."""


def documents() -> dict[str, dict]:
    """Return all of them by name."""
    out = {f"4.{m}": notebook(code(), markdown("# x"), minor=m) for m in range(6)}
    for name, metadata in SERVICES.items():
        out[name] = notebook(code(), markdown("# é"), minor=len(out) % 6, metadata=metadata)
    for name, cells in CELLS.items():
        out[name] = notebook(*cells, minor=len(out) % 6)
    out["3.0"] = _old(_old_code("import os\n", "os"), {**markdown("# x")})
    out["3, no cells"] = _old()
    out["3, no worksheet"] = {**_old(), "worksheets": []}
    out["3, headings"] = _old({"cell_type": "heading", "level": 2, "metadata": {}, "source": ["x"]})
    out["3, signed"] = _old(_old_code("x"), signature="sha256:" + "0" * 64, name="old")
    return out


def _dumped(document: dict, **how: Any) -> str:
    return json.dumps(document, **{"ensure_ascii": False, "indent": 1, **how}) + "\n"


def _bytes(text: str) -> bytes:
    """Return UTF-8; half a surrogate pair has no other way than an escape."""
    return re.sub("[\ud800-\udfff]", lambda c: f"\\u{ord(c[0]):04x}", text).encode()


def _first(document: dict, *keys: str) -> dict:
    return {**{k: document[k] for k in keys if k in document}, **document}


STYLES = {
    "jupyter": lambda d: _bytes(_dumped(d, sort_keys=True)),
    "as made": lambda d: _bytes(_dumped(d)),
    "indent 2": lambda d: _bytes(_dumped(d, indent=2)),
    "indent 4": lambda d: _bytes(_dumped(d, indent=4)),
    "tabs": lambda d: _bytes(_dumped(d, indent="\t")),
    "colab": lambda d: _bytes(
        _dumped(_first(d, "nbformat", "nbformat_minor", "metadata"), indent=2).rstrip()
    ),
    "compact": lambda d: _bytes(
        _dumped(_first(d, "metadata", "nbformat_minor"), indent=None, separators=(",", ":")).strip()
    ),
    "one line": lambda d: _bytes(_dumped(d, indent=None)),
    "crlf": lambda d: _bytes(_dumped(d).replace("\n", "\r\n")),
    "escaped": lambda d: _dumped(d, ensure_ascii=True).encode(),
    "bom": lambda d: b"\xef\xbb\xbf" + _bytes(_dumped(d, indent=2)),
    "no newline": lambda d: _bytes(_dumped(d, sort_keys=True).rstrip()),
    "no indentation": lambda d: _bytes(_dumped(d, indent=0)),
    "wide": lambda d: _bytes(_dumped(d, separators=(" , ", " : "))),
}
"""How a notebook is written: what makes bytes of one."""


def messy(value, blank):
    """Return JSON with white space anywhere between its tokens, as ``blank()`` says."""
    if isinstance(value, dict):
        rows = [
            f"{blank()}{json.dumps(k)}{blank()}:{blank()}{messy(v, blank)}{blank()}"
            for k, v in value.items()
        ]
        return "{" + (",".join(rows) or blank()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(f"{blank()}{messy(v, blank)}{blank()}" for v in value) + "]"
    return json.dumps(value, ensure_ascii=False)
