"""A Dockerfile: the environment is made in one stage, and runs without its tools in the next.

Sources: the Dockerfile reference; Docker's and hadolint's pages on good practice.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from envboot import secrecy
from envboot.formats import apt_txt
from envboot.formats.parts import encoding
from envboot.package import project
from envboot.package.companions import images, signature
from envboot.spec import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from envboot.package.companions import Picture
    from envboot.package.companions.serving import Served
    from envboot.shell import Shell
    from envboot.spec import Dependency

FILENAME = "Dockerfile"
_APT = (".binder/apt.txt", "binder/apt.txt", "apt.txt")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PATH = re.compile(r"[\w./+@-]+", re.ASCII)
_ENTER = (
    'for f in "$CONDA_PREFIX"/etc/conda/activate.d/*.sh; do [ -r "$f" ] && . "$f"; done; exec "$@"'
)
USER = 10001
"""Of the person in the container: a number, so that Kubernetes sees that it is not root."""


@dataclass(frozen=True)
class Recipe:
    """How the environment gets into the image."""

    build: str
    """Image of the stage that makes it."""
    base: str
    """Image that it runs in."""
    prefix: str
    conda: bool
    """environment.yml is what is installed; False: requirements.txt."""
    why: tuple[str, ...] = ()
    """The needs that the images follow from, for people."""
    cuda: str = ""
    """The version that ``base`` brings; "": none."""

    @property
    def file(self) -> str:
        """Return the name of the file that is installed."""
        return "environment.yml" if self.conda else "requirements.txt"


def render(picture: Picture, served: Served, shell: Shell) -> bytes:
    """Return the Dockerfile. Raises InvalidFile for an apt.txt that names no packages."""
    name = project.distribution_name(picture.name).lower()
    if served.model:
        rows = list(_of_model(picture, served, name))
    else:
        recipe = choose(picture)
        system = _system(picture, shell)
        rows = [
            *_head(name, served, recipe.cuda, (("BUILD", recipe.build), ("BASE", recipe.base))),
            "",
            *_build(picture, recipe, system, served),
            "",
            *_final(picture, recipe, system, served),
        ]
    return signature.sign("".join(f"{row}\n" for row in rows), "#")


def choose(picture: Picture) -> Recipe:
    """Return how the environment gets into the image: a slim Python where that is enough."""
    conda = images.needs_conda(picture.derived)
    gpu = images.gpu(picture.needs)
    if gpu:
        floor = next((n for n in picture.needs if n.key == "cuda" and n.level == "minimum"), None)
        names = [d.name for d in picture.derived.pip.dependencies]
        base, version = images.cuda(str(floor.value) if floor else "", names)
        why = tuple(
            signature.comment(f"{n.key}: {n.text} ({n.evidence}, {n.origin})")
            for n in (gpu, floor)
            if n
        )
        return Recipe(images.MINIFORGE, base, "/opt/env", conda, why, version)
    if conda:
        return Recipe(images.MINIFORGE, images.DEBIAN, "/opt/env", conda)
    slim = images.python(picture.python, slim=True)
    return Recipe(images.python(picture.python, slim=False), slim, "/opt/venv", conda)


# ---------------------------------------------------------------------------- the parts


def _head(name: str, served: Served, cuda: str, used: Sequence[tuple[str, str]]) -> Iterator[str]:
    flags = " --gpus all" if cuda else ""
    ports = "".join(f" -p {p}:{p}" for p in served.ports)
    last = used[-1]
    yield "#"
    yield f"#   docker build -t {name} ."
    yield f"#   docker run --rm{' -it' if not ports else ''}{flags}{ports} {name}"
    yield "#"
    yield "# The images are pinned by their tags. To pin one to its very bytes, give its digest,"
    yield f"# which `docker buildx imagetools inspect {last[1]}` prints:"
    yield f"#   docker build --build-arg {last[0]}_IMAGE={last[1]}@sha256:... -t {name} ."
    yield from (f"ARG {key}_IMAGE={image}" for key, image in used)


def _build(
    picture: Picture, recipe: Recipe, system: Sequence[Dependency], served: Served
) -> Iterator[str]:
    yield f"# The environment, from {recipe.file}: it is made again when that changes."
    yield from (f"# {row}" for row in recipe.why)
    yield "FROM ${BUILD_IMAGE} AS build"
    yield from _apt(system)
    if recipe.cuda and recipe.conda:
        yield "# The computer that builds may have no GPU: conda is told what will be there."
        yield f"ENV CONDA_OVERRIDE_CUDA={recipe.cuda}"
    yield "WORKDIR /build"
    wheels = []
    if recipe.conda:
        yield "COPY environment.yml ./"
        yield f"RUN conda env create --prefix {recipe.prefix} --file environment.yml \\"
        yield "    && conda clean --all --force-pkgs-dirs --yes"
    else:
        if recipe.build == images.MINIFORGE:
            yield f"RUN conda create --yes --prefix {recipe.prefix} --channel conda-forge \\"
            yield f"        --override-channels python={picture.python} pip \\"
            yield "    && conda clean --all --force-pkgs-dirs --yes"
        else:
            yield f"RUN python3 -m venv {recipe.prefix}"
        if picture.derived.pip.dependencies:
            yield from _copied(picture)
            wheels.append("--requirement requirements.txt")
    if served.adds:
        yield f"# {served.adds}: what starts below needs it, and no file names it."
        wheels.append(f'"{served.adds}"')
    if wheels:
        pip = f"{recipe.prefix}/bin/python -m pip install --no-cache-dir"
        yield f"RUN {pip} {' '.join(wheels)}"


def _copied(picture: Picture) -> Iterator[str]:
    """Yield what pip needs of the repository: few files, so that layers are used again."""
    spec = picture.derived.pip
    texts = [d.text for d in spec.dependencies]
    if any(re.match(r"-e\b|--editable\b|\.|file:", t) or "@ file:" in t for t in texts):
        yield "COPY . ./"
        return
    files = [i.path for i in spec.includes]
    files += [c.origin.path for c in spec.constraints]
    names = ["requirements.txt", *sorted({f for f in files if f != "requirements.txt"})]
    for folder in sorted({str(PurePosixPath(n).parent) for n in names if _inside(n)}):
        here = [n for n in names if _inside(n) and str(PurePosixPath(n).parent) == folder]
        yield f"COPY {' '.join(here)} ./{'' if folder == '.' else f'{folder}/'}"


def _inside(name: str) -> bool:
    return bool(_PATH.fullmatch(name)) and not name.startswith("/") and ".." not in name


def _final(
    picture: Picture, recipe: Recipe, system: Sequence[Dependency], served: Served
) -> Iterator[str]:
    yield "# What runs: the environment and the repository, without the tools that made it."
    yield "FROM ${BASE_IMAGE}"
    yield from _apt(system)
    yield from _user()
    yield f"COPY --from=build {recipe.prefix} {recipe.prefix}"
    values = [("PATH", f"{recipe.prefix}/bin:$PATH"), ("PYTHONUNBUFFERED", "1")]
    yield from _environment(values, expand=True)
    if recipe.conda:
        yield from _environment([("CONDA_PREFIX", recipe.prefix)])
    yield from _variables(picture)
    yield from _environment(served.variables)
    yield "WORKDIR /app"
    yield f"COPY --chown={USER}:{USER} . ./"
    yield f"USER {USER}"
    yield f"# {served.why}"
    yield from (f"EXPOSE {port}" for port in served.ports)
    if recipe.conda:
        yield "# Packages of conda may set variables of their own when the environment is entered."
        yield f"ENTRYPOINT {_json(('/bin/bash', '-c', _ENTER, 'bash'))}"
    yield f"CMD {_json(served.command)}"


def _of_model(picture: Picture, served: Served, name: str) -> Iterator[str]:
    """Yield the Dockerfile of a model that TensorFlow Serving serves: no Python is needed."""
    gpu = images.gpu(picture.needs)
    image = f"{images.SERVING}-gpu" if gpu else images.SERVING
    name_of_version = PurePosixPath(served.model).name
    version = name_of_version if name_of_version.isdigit() else "1"
    place = f"{served.command[-1].partition('=')[2]}/{version}"
    yield from _head(name, served, "gpu" if gpu else "", (("SERVING", image),))
    yield ""
    yield f"# {served.why}"
    yield "FROM ${SERVING_IMAGE}"
    yield from _user()
    yield f"COPY --chown={USER}:{USER} {_json((served.model, place))}"
    yield f"USER {USER}"
    yield from (f"EXPOSE {port}" for port in served.ports)
    yield f"ENTRYPOINT {_json(served.command)}"


def _system(picture: Picture, shell: Shell) -> tuple[Dependency, ...]:
    for path in _APT:
        data = shell.read(picture.root / path)
        if data is not None:
            return apt_txt.parse(encoding.decode(data, path), Origin(path)).system
    return ()


def _apt(system: Sequence[Dependency]) -> Iterator[str]:
    if not system:
        return
    yield f"# {system[0].origin.path}; whoever wants a version writes `name=version` there."
    yield "# hadolint ignore=DL3008"
    yield "RUN apt-get update \\"
    yield "    && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \\"
    words = list(dict.fromkeys(d.text for d in system))
    yield from (f"        {word} \\" for word in words)
    yield "    && rm -rf /var/lib/apt/lists/*"


def _user() -> Iterator[str]:
    yield f"RUN useradd --create-home --uid {USER} app && install -d -o {USER} -g {USER} /app"


# ------------------------------------------------------------------------------- values


def _variables(picture: Picture) -> Iterator[str]:
    """Yield the variables that the environment carries; never what looks like a secret."""
    for name, value in picture.derived.conda.variables:
        if not _VARIABLE.fullmatch(name) or secrecy.why_secret(name, value):
            yield f"# {signature.comment(name)} is left out: whoever runs it gives the value."
        elif not value.isprintable():
            yield f"# {name} is left out: a Dockerfile cannot hold its value."
        else:
            yield from _environment([(name, value)])


def _environment(values: Sequence[tuple[str, str]], *, expand: bool = False) -> Iterator[str]:
    for name, value in values:
        text = re.sub(r'([\\"])' if expand else r'([\\"$])', r"\\\1", value)
        yield f'ENV {name}="{text}"'


def _json(words: Sequence[str]) -> str:
    return json.dumps(list(words))
