"""requirements.txt as pip reads it."""

from __future__ import annotations

import codecs
import re

import pytest

from envboot.errors import InvalidFile
from envboot.formats import requirements_txt
from envboot.formats.parts import encoding
from envboot.spec import Dependency, EnvironmentSpec, Origin

HERE = Origin("requirements.txt")


def parse(text):
    return requirements_txt.parse(text, HERE)


def test_every_kind_of_line_is_kept_with_its_number():
    spec = parse(
        "# comment\n"
        "six==1.16.0  # inline\n"
        "\n"
        "attrs[tests]>=20,<30 ; python_version < '3.13'\n"
        "toolz \\\n"
        "    ==0.12 \\\n"
        "    --hash=sha256:00\n"
        "thing @ git+https://example.org/thing@v1#subdirectory=x\n"
        "-e git+https://example.org/other#egg=Other_Thing\n"
        "-e ./local[extra]\n"
        "./wheels/Some.Wheel-1.0-py3-none-any.whl\n"
        "https://${TOKEN}@example.org/a.zip#egg=a\n"
        "--index-url https://example.org/simple\n"
        "-f ./wheels\n"
        "--pre\n"
        "-r base.txt\n"
        "--constraint=limits.txt\n"
    )
    assert [(d.name, d.text, d.origin.line) for d in spec.dependencies] == [
        ("six", "six==1.16.0", 2),
        ("attrs", "attrs[tests]>=20,<30 ; python_version < '3.13'", 4),
        ("toolz", "toolz ==0.12 --hash=sha256:00", 5),
        ("thing", "thing @ git+https://example.org/thing@v1#subdirectory=x", 8),
        ("other-thing", "-e git+https://example.org/other#egg=Other_Thing", 9),
        ("", "-e ./local[extra]", 10),
        ("some-wheel", "./wheels/Some.Wheel-1.0-py3-none-any.whl", 11),
        ("a", "https://${TOKEN}@example.org/a.zip#egg=a", 12),
    ]
    assert [(o.name, o.origin.line) for o in spec.options] == [
        ("--index-url", 13),
        ("--find-links", 14),
        ("--pre", 15),
    ]
    assert [(i.path, i.kind, i.origin.line) for i in spec.includes] == [
        ("base.txt", "requirements", 16),
        ("limits.txt", "constraints", 17),
    ]
    assert spec.as_written
    assert all(d.ecosystem == "pypi" for d in spec.dependencies)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("six\nnot a requirement\n", r":2: `not a requirement` is not a requirement"),
        ("six==abc.*\n", r":1: "),
        ("six --install-evil\n", r":1: `--install-evil` cannot stand behind"),
        ("--evil x\n", r":1: `--evil` is not an option"),
        ("--index-url\n", r":1: `--index-url` needs a value"),
        ("--pre yes\n", r":1: `--pre` takes no value"),
        ("-e --index-url\n", r":1: "),
        ("six\x1b[31m\n", r":1: "),
        ("x" * 9000 + " ; x\n", r":1: .*too long"),
    ],
)
def test_what_pip_would_refuse_is_refused_with_its_line(text, message):
    with pytest.raises(InvalidFile, match=message) as caught:
        parse(text)
    assert caught.value.hint
    assert "\x1b" not in str(caught.value)


def test_a_line_for_python_is_a_mistake_that_is_understood():
    spec = parse("python==3.8\nsix\n")
    assert (spec.python, spec.python_origin.line) == ("==3.8.*", 1)
    assert [d.name for d in spec.dependencies] == ["six"]
    assert "pip cannot install Python" in str(spec.notices[0])
    assert not spec.as_written  # pip would fail on the file itself


def test_comments_survive_when_the_file_is_written_anew():
    before = "# ours\n\n# the old one\nsix==1.15.0  # keep\n# gone\ntoolz\n"
    text = requirements_txt.render(parse("six==1.16.0\nattrs\n"), before)
    assert text == "# ours\n\n# the old one\nsix==1.16.0  # keep\nattrs\n# gone\n"


# ------------------------------------------------------------------ bytes


@pytest.mark.parametrize(
    "data",
    [
        "sïx\r\ntoolz\r".encode(),
        codecs.BOM_UTF8 + "sïx\ntoolz\n".encode(),
        codecs.BOM_UTF16_LE + "sïx\ntoolz\n".encode("utf-16-le"),
        codecs.BOM_UTF16_BE + "sïx\ntoolz\n".encode("utf-16-be"),
        codecs.BOM_UTF32_LE + "sïx\ntoolz\n".encode("utf-32-le"),
    ],
)
def test_marks_and_line_ends_are_understood(data):
    assert encoding.decode(data, "f") == "sïx\ntoolz\n"


def test_a_declared_encoding_is_followed():
    data = "# coding: latin-1\n# é\n".encode("latin-1")
    assert encoding.decode(data, "f") == "# coding: latin-1\n# é\n"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"six\n\x00\x01\xff", "f:2: the file is binary"),
        (b"six\nabc\xff\n", "f:2: the file is not utf-8 text"),
        (b"# coding: punycode\n", "f:1: the encoding 'punycode' is not known"),
        (b"# coding: nothing\n", "f:1: the encoding 'nothing' is not known"),
        (b"six\n" * (2 << 20), "f: the file is larger than 4 MiB"),
        (codecs.BOM_UTF16_LE + b"x", "f:1: the file is not utf-16"),
    ],
)
def test_what_is_no_text_is_refused(data, message):
    with pytest.raises(InvalidFile, match=re.escape(message)) as caught:
        encoding.decode(data, "f")
    assert caught.value.hint


# ------------------------------------------------------------------ evidence


def test_evidence_stands_behind_its_line_beside_the_comment_of_a_person():
    before = (
        "six==1.16.0  # keep  # envboot: a.py:1\n"
        "toolz \\\n  >=1  # envboot: b.py:2 # ours\n"
        "attrs # envboot-like, but a person's\n"
        "rich  # envboot: \n"
    )
    spec = parse(before)
    assert [d.why for d in spec.dependencies] == ["a.py:1", "b.py:2", "", ""]
    text = requirements_txt.render(spec, before)
    assert text.splitlines()[0] == "six==1.16.0  # keep  # envboot: a.py:1"
    assert "attrs  # envboot-like, but a person's" in text
    assert text.endswith("rich\n")
    assert [d.why for d in parse(text).dependencies] == ["a.py:1", "b.py:2", "", ""]


@pytest.mark.parametrize(
    ("why", "shown"),
    [
        ("cv2 in src/see.py:3 and 4 more", "cv2 in src/see.py:3 and 4 more"),
        ("my #1.py:2", "my%20#1.py:2"),
        ("# envboot: x", "%20# envboot: x"),
        ("a\nsix==0\r.py:1", "a?six==0?.py:1"),
        ("\u202ea.py:1", "?a.py:1"),
        ("a" * 500, "a" * 400),
        ("  ", ""),
    ],
)
def test_the_name_of_a_file_cannot_add_a_line_or_a_comment(why, shown):
    spec = EnvironmentSpec(dependencies=(Dependency("six", "six", "pypi", Origin("x"), why),))
    text = requirements_txt.render(spec)
    assert len(text.splitlines()) == 1
    assert text == (f"six  # envboot: {shown}\n" if shown else "six\n")
    assert [(d.name, d.why) for d in parse(text).dependencies] == [("six", shown)]
