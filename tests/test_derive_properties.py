"""What holds for all derivations: twice changes nothing, and hand edits survive."""

from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envboot.derive import Policy, table
from envboot.errors import InvalidFile
from envboot.formats.parts import comments
from envboot.infer.facts import Asked
from envboot.spec import Origin
from tests.witnesses import FILES, before, code, conda, live, native, pip, written

QUICK = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
)

MODULES = [
    "numpy",
    "scipy",
    "sklearn",
    "cv2",
    "torch",
    "yaml",
    "PIL",
    "win32api",
    "appnope",
    "uvloop",
    "six",
    "requests",
    "clip",
    "zzqqxx",
    "pytest",
    "google.cloud.storage",
    "tables",
    "ruamel.yaml",
    "mpl_toolkits.basemap",
    "mine",
]
PLACES = st.sampled_from(["a.py:3", "src/b.py:12", "n #1.ipynb", "by hand; x.py:1", "t in u.py:2"])
LABELS = st.sampled_from(["production", "production", "guarded", "test", "docs"])
VERSIONS = st.sampled_from(
    ["1.26.4", "2024.1", "7", "4.10.0.84", "1.0.post1", "2.0rc1", "1!2.3", "0.1.dev3", "9e-weird"]
)


@st.composite
def imports(draw):
    out = []
    for module in draw(st.lists(st.sampled_from(MODULES), max_size=6, unique=True)):
        where = draw(PLACES).replace(" ", "\u00a0")  # a blank parts the words of a scan
        out.append(f"{module} {where} {draw(LABELS)} {draw(st.integers(1, 9))}")
    return out


@st.composite
def installed(draw):
    known = {
        "numpy": (("numpy",), ""),
        "scipy": (("scipy",), ""),
        "scikit-learn": (("sklearn",), ""),
        "opencv-python": (("cv2",), "py-opencv"),
        "opencv-python-headless": (("cv2",), ""),
        "torch": (("torch",), "pytorch"),
        "pyyaml": (("yaml",), ""),
        "tables": (("tables",), "pytables"),
        "six": (("six",), ""),
        "pytest": (("pytest",), ""),
        "mine": (("mine",), ""),
        "openpyxl": (("openpyxl",), ""),
    }
    out = []
    for name in draw(st.lists(st.sampled_from(sorted(known)), max_size=6, unique=True)):
        brings, called = known[name]
        asked = {"requested": draw(st.booleans())}
        if draw(st.booleans()) and name not in {"mine", "opencv-python-headless"}:
            out.append(conda(name, draw(VERSIONS), *brings, conda_name=called, **asked))
            continue
        url = draw(st.sampled_from(["", "", "file:///x", "git+https://x.org/a/b.git@12"]))
        local = draw(st.sampled_from(["", "cu124"]))
        out.append(pip(name, draw(VERSIONS), *brings, url=url, local=local, **asked))
    for name in draw(st.lists(st.sampled_from(["ffmpeg", "libpng", "cudatoolkit"]), unique=True)):
        requested = name != "libpng" and draw(st.booleans())
        out.append(native(name, draw(VERSIONS), requested=requested))
    return live(*out)


REQUIREMENTS = st.lists(
    st.sampled_from(
        [
            "numpy",
            "numpy>=1.20,<3",
            "opencv-python==4.5.0.1",
            "opencv-python-headless",
            "torch==2.1; sys_platform == 'linux'",
            "torch==2.0; sys_platform != 'linux'",
            "fastapi[standard]",
            "six @ git+https://x.org/a/six.git@v1",
            "-e .",
            "./wheels/x-1.0-py3-none-any.whl",
            "git+https://x.org/a/nameless.git",
            "pytest  # ours",
            "clip",
            "PyYAML~=6.0",
            "pywin32; sys_platform == 'win32'",
            "# a comment",
            "",
            "--extra-index-url https://x.org/simple",
        ]
    ),
    max_size=6,
    unique=True,
).map(lambda rows: "".join(f"{row}\n" for row in rows))
CONDA = st.lists(
    st.sampled_from(
        [
            "python",
            "python=3.10",
            "numpy",
            "numpy=1.21",
            "conda-forge::numpy>=1.20|1.19",
            "opencv",
            "py-opencv=4.5",
            "pytorch::pytorch=2.1",
            "ffmpeg=6",
            "samtools",
            "pytables",
            "pip",
            "scikit-learn  # the plots",
            "pytest",
        ]
    ),
    max_size=6,
    unique_by=lambda row: re.split(r"::|[=> ]", row)[-2:][0],
).map(lambda rows: "dependencies:\n" + "".join(f"  - {row}\n" for row in rows))
PROJECT = """
[project]
name = "x"
version = "1"
dependencies = [
  "numpy>=1.20",
  "rich[jupyter]; python_version < '3.13'",
  "six",
]

[project.optional-dependencies]
all = ["opencv-python-headless", "numpy[x]>=2", "pytest>=8", "torch>=2"]
"""
OTHERS = st.sampled_from([(), (("pyproject.toml", PROJECT),)])
POLICIES = st.builds(
    Policy,
    pin=st.sampled_from(["exact", "compatible", "minimum"]),
    pip_only=st.booleans(),
    provides=st.sampled_from([None, {"zzqqxx": "zz-tools"}]),
)
ENDS = st.sampled_from([(), (("openpyxl", "pandas.read_excel", "a.py:9"),)])
NOTEBOOKS = st.sampled_from([(), ("a.ipynb",), ("docs/a.ipynb", "b.ipynb")])


def remembered(files):
    return {FILES[key]: text for key, text in files.items()}


def kept(files, after):
    """Return the files that are there after a run: one that is not written stays."""
    return {**files, **after}


@QUICK
@given(
    imports=imports(),
    ends=ENDS,
    notebooks=NOTEBOOKS,
    environment=st.one_of(st.none(), installed()),
    requirements=st.one_of(st.none(), REQUIREMENTS),
    environment_yml=st.one_of(st.none(), CONDA),
    others=OTHERS,
    policy=POLICIES,
)
def test_twice_changes_nothing(
    imports, ends, notebooks, environment, requirements, environment_yml, others, policy
):
    scan = code(*imports, back_ends=ends, notebooks=notebooks)
    files = {"pip": requirements, "conda": environment_yml}
    files = {key: text for key, text in files.items() if text is not None}
    _, first = written(scan, environment, files, policy, others=others)
    first = kept(files, first)
    for memory in (None, remembered(first)):
        _, second = written(scan, environment, first, policy, others=others, remembered=memory)
        assert kept(first, second) == first
    _, alone = written(scan, None, first, policy, others=others, remembered=remembered(first))
    assert kept(first, alone) == first  # as `--check` sees it, where nothing is installed
    for text in first.values():
        for word in ("file:///", "cu124", "libpng"):
            assert word not in text


EDITS = st.sampled_from(["remove", "change", "add", "comment", "unmark"])


@QUICK
@given(
    imports=imports(),
    environment=installed(),
    file=st.sampled_from(["pip", "conda"]),
    edits=st.lists(st.tuples(EDITS, st.integers(0, 20)), min_size=1, max_size=4),
)
def test_edits_by_hand_survive(imports, environment, file, edits):
    scan = code(*imports)
    _, files = written(scan, environment)
    if file not in files:
        return
    rows = files[file].splitlines()
    for edit, where in edits:
        ours = [n for n, row in enumerate(rows) if comments.MARK + " " in row and "~=" in row]
        if ours:
            number = ours[where % len(ours)]
            rows[number : number + 1] = edited(rows[number], edit, rows)
    known = files[file].splitlines()
    plain = [row.replace("  # said so", "") for row in rows]
    theirs = [row.partition("  #")[0] for row in plain if row not in known]
    now = {**files, file: _text(rows)}
    _, after = written(scan, environment, now, remembered=remembered(files))
    lines = after[file].splitlines()
    for text in theirs:
        there = [row for row in lines if row.startswith(f"{text}  #") and "envboot: by hand" in row]
        assert len(there) == 1, (text, after[file])
    for comment in re.findall(r"# said \w+", _text(rows)):
        assert comment in after[file]
    _, again = written(scan, environment, after, remembered=remembered(after))
    assert again == after
    if not theirs:  # a line that was removed is there again: the code still needs it
        bare = [row.replace("  # said so", "") for row in lines]
        assert bare == known


def edited(row, edit, rows):
    """Return the lines that stand for ``row`` after an edit by hand."""
    head, _, why = row.partition("  # envboot: ")
    lead = re.match(r"\s*(?:- )?", row).group()
    if edit == "change":
        return [f"{head.partition('~=')[0]}>=0.1  # envboot: {why}"]
    if edit == "add":
        return [row] if f"{lead}zz-added" in rows else [f"{lead}zz-added", row]
    if edit == "comment":
        return [row] if "# said" in row else [f"{head}  # said so  # envboot: {why}"]
    return [head] if edit == "unmark" else []


def _text(rows):
    return "\n".join(rows) + "\n"


SCRAPS = st.sampled_from(
    [
        *("numpy", "six", "==", "~=", "=", ">=", "<", "1.2", "*", "[", "]", "x", "@", "@ ", ";"),
        *(
            "python_version",
            "'3'",
            '"',
            "::",
            " # envboot: ",
            "by hand",
            "git+https://",
            "file:///",
        ),
        *(
            "https://",
            "[::1",
            "%",
            "\\",
            "$",
            "-e ",
            ".",
            "./x",
            "/",
            "+=",
            "!",
            "1!0",
            "+cu1",
            " ",
        ),
        *(",", "|", "é", "\u202e", "\x7f", "{"),
    ]
)
ODD = st.lists(SCRAPS, max_size=6).map("".join)


@QUICK
@given(
    rows=st.lists(ODD, max_size=4),
    odd=st.lists(ODD, min_size=6, max_size=6),
    module=ODD,
    environment=st.booleans(),
)
def test_nothing_odd_in_a_witness_raises_anything_but_an_error_of_ours(
    rows, odd, module, environment
):
    version, url, channel, asked_as, local, place = odd
    one = pip("numpy", version, url=url, local=local, requested=True)
    other = conda("six", version, channel=channel, requested=True, asked_as=asked_as)
    tool = native("tool", version, requested=True, conda_version=version)
    scan = code(f"numpy {place.replace(' ', '_')}", f"{module.replace(' ', '_') or 'm'} a.py:1")
    scan = replace(
        scan,
        asked=(
            Asked(url, "pypi", Origin(place), "production"),
            Asked(asked_as, "conda", Origin(place), "production"),
        ),
    )
    here = live(one, other, tool, channels=(channel,)) if environment else None
    for file, lead in (("pip", ""), ("conda", "  - ")):
        head = "dependencies:\n" if lead else ""
        text = head + "".join(f"{lead}{row}\n" for row in rows)
        try:
            before(**{file: text})
        except InvalidFile:
            text = f"{head}{lead}six\n"
        found, files = written(scan, here, {file: text})
        table(found.rows)
        for key, made in files.items():
            before(**{key: made})  # whatever it is, it can be read
