from __future__ import annotations

import keyword
import lzma
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envboot import names
from envboot.infer.stdlib import is_stdlib
from envboot.names import apart, conda, curated, same, tables
from envboot.spec import normalise

ROOT = Path(__file__).resolve().parent.parent
FILES = ("imports.txt", "conda.txt", "conda_forge.txt", "popular.txt")
NORMAL = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


# ------------------------------------------------------------------ import → distribution


@pytest.mark.parametrize(
    ("module", "distribution"),
    [
        # renamed, by hand
        ("cv2", "opencv-python"),
        ("PIL.Image", "pillow"),
        ("sklearn.svm", "scikit-learn"),
        ("yaml", "pyyaml"),
        ("bs4", "beautifulsoup4"),
        ("Bio.Seq", "biopython"),
        ("skimage", "scikit-image"),
        ("attr", "attrs"),
        ("dateutil", "python-dateutil"),
        ("dotenv", "python-dotenv"),
        ("jwt", "pyjwt"),
        ("fitz", "pymupdf"),
        ("umap", "umap-learn"),
        ("osgeo", "gdal"),
        ("pkg_resources", "setuptools"),
        ("whisper", "openai-whisper"),
        ("MDAnalysis", "mdanalysis"),
        ("esm", "fair-esm"),
        ("ruamel.yaml", "ruamel-yaml"),
        # the index has another project of that name, and the true one is well known
        ("tree", "dm-tree"),
        ("haiku", "dm-haiku"),
        ("pyro", "pyro-ppl"),
        ("hydra", "hydra-core"),
        ("ffmpeg", "ffmpeg-python"),
        ("hypertune", "cloudml-hypertune"),
        ("arff", "liac-arff"),
        ("paddle", "paddlepaddle"),
        ("cuml", "cuml-cu12"),
        ("sonnet", "dm-sonnet"),
        # ... and it is not: left out
        ("clip", None),
        ("bert", None),
        ("gutenberg", None),
        ("apex", None),
        ("daft", None),
        ("noise", "noise"),
        ("barcode", "python-barcode"),
        ("translate", None),
        ("pytorch", None),
        # skinny variants do not win
        ("mlflow", "mlflow"),
        ("tensorrt", "tensorrt"),
        # the same name, by hand or by the wide lists
        ("numpy", "numpy"),
        ("pytorch_lightning", "pytorch-lightning"),
        ("lmdb", "lmdb"),
        ("vega_datasets", "vega-datasets"),
        ("chembl_webresource_client", "chembl-webresource-client"),
        ("glfw", "glfw"),
        # namespaces: as deep as one distribution goes
        ("google", None),
        ("google.cloud", None),
        ("google.protobuf.text_format", "protobuf"),
        ("google.cloud.storage.blob", "google-cloud-storage"),
        ("google.cloud.speech_v1p1beta1", "google-cloud-speech"),
        ("google.cloud.bigquery_storage", "google-cloud-bigquery-storage"),
        ("azure.storage.blob", "azure-storage-blob"),
        ("azure.ai.ml", "azure-ai-ml"),
        ("azureml.core", "azureml-core"),
        ("mpl_toolkits.mplot3d", "matplotlib"),
        ("mpl_toolkits.basemap", "basemap"),
        ("pyannote.audio", "pyannote-audio"),
        ("llama_index.core", "llama-index-core"),
        ("llama_index", "llama-index"),
        # what a host brings
        ("google.colab", None),
        ("rospy", None),
        # words of repositories' own modules, though the index has each of them
        ("utils", None),
        ("config", None),
        ("common", None),
        ("dataset", None),
        ("models", None),
        # nobody knows
        ("hdbscan01", None),
        ("a_module_of_mine", None),
        ("openff.toolkit", None),
    ],
)
def test_a_module_belongs_to_the_distribution_that_code_means(module, distribution):
    assert names.distribution(module) == distribution
    assert names.resolve(module) == distribution


def test_live_metadata_wins_over_every_table():
    live = {"cv2": "opencv_contrib.python", "clip": "openai-clip", "google.cloud.storage": "X"}
    assert names.resolve("cv2.dnn", live) == "opencv-contrib-python"
    assert names.resolve("clip.model", live) == "openai-clip"
    assert names.resolve("google.cloud.storage.blob", live) == "x"
    assert names.resolve("google.cloud.vision", live) == "google-cloud-vision"
    assert names.resolve("numpy", live) == "numpy"


def test_a_namespace_in_the_metadata_proves_nothing():
    assert names.resolve("google.cloud.vision", {"google": "protobuf"}) == "google-cloud-vision"
    assert names.resolve("mpl_toolkits.basemap", {"mpl_toolkits": "matplotlib"}) == "basemap"


def test_what_is_set_apart_is_never_emitted():
    for module in apart.NAMESAKES | apart.LOCAL:
        assert names.distribution(module) is None, module


def test_each_renamed_entry_is_sound():
    for module, found in curated.DISTRIBUTIONS.items():
        assert NORMAL.fullmatch(found), found
        parts = module.split(".")
        assert all(p.isidentifier() and not keyword.iskeyword(p) for p in parts), module
        assert not is_stdlib(module), module
        assert module not in same.SAME | apart.LOCAL | apart.NAMESAKES, module
        assert names.distribution(module) == found, module
        below = names.distribution(f"{module}.deep.down")
        assert below == found or parts[0] in apart.NAMESPACES, module


def test_each_entry_of_the_same_name_is_sound():
    for module in same.SAME:
        assert module.isidentifier()
        assert not is_stdlib(module), module
        assert module not in apart.LOCAL | apart.NAMESAKES | apart.HOSTED, module
        assert names.distribution(module) == normalise(module), module


def test_what_has_the_same_name_stands_in_the_table_for_that():
    plain = {m for m, d in curated.DISTRIBUTIONS.items() if m == m.lower() and normalise(m) == d}
    assert {m for m in plain if "." not in m} <= apart.NAMESPACES


def test_namesakes_are_told_from_what_is_merely_unknown():
    assert names.is_namesake("clip")
    assert names.is_namesake("apex.amp")
    assert not names.is_namesake("a_module_of_mine")
    assert not names.is_namesake("numpy")


def test_well_known_is_what_no_mere_folder_hides():
    for module in ("tensorflow", "rdkit.Chem", "clearml", "cv2", "google.colab", "google.cloud"):
        assert names.is_known(module), module
    for module in ("datasets", "tree", "evaluate", "a_module_of_mine", "utils"):
        assert not names.is_known(module), module


# ------------------------------------------------------------------ conda-forge


@pytest.mark.parametrize(
    ("distribution", "package"),
    [
        ("numpy", "numpy"),
        ("torch", "pytorch"),
        ("tables", "pytables"),
        ("opencv-python", "py-opencv"),
        ("opencv-contrib-python-headless", "py-opencv"),
        ("typing-extensions", "typing_extensions"),
        ("typing_extensions", "typing_extensions"),
        ("ray", "ray-default"),
        ("fastjsonschema", "python-fastjsonschema"),
        ("tzdata", "python-tzdata"),
        ("graphviz", "python-graphviz"),
        ("msgpack", "msgpack-python"),
        ("docker", "docker-py"),
        ("psycopg2-binary", "psycopg2"),
        ("Pillow", "pillow"),
        ("ruamel.yaml", "ruamel.yaml"),
        ("vega-datasets", "vega_datasets"),
        ("dm-tree", "dm-tree"),
        ("scikit-learn", "scikit-learn"),
        ("pymupdf4llm", None),
        ("a-distribution-of-mine", None),
        ("clip", None),
        ("dotenv", None),
    ],
)
def test_what_conda_forge_calls_it(distribution, package):
    assert names.conda_name(distribution) == package


@pytest.mark.parametrize(
    ("package", "distribution"),
    [
        ("numpy", "numpy"),
        ("pytorch", "torch"),
        ("pytables", "tables"),
        ("py-opencv", "opencv-python"),
        ("typing_extensions", "typing-extensions"),
        ("tensorflow", "tensorflow"),
        ("xgboost", "xgboost"),
        ("psycopg2", "psycopg2"),
        ("openbabel", "openbabel"),
        ("pysoundfile", "soundfile"),
        ("PyYAML", "pyyaml"),
        ("gcc_linux-64", None),
        ("cudatoolkit", None),
        ("conda", None),
        ("r-base", None),
    ],
)
def test_which_distribution_a_conda_package_holds(package, distribution):
    assert names.pypi_name(package) == distribution


def test_each_conda_entry_is_sound():
    for distribution, package in conda.CONDA.items():
        assert NORMAL.fullmatch(distribution), distribution
        assert package == package.lower(), package
        assert names.conda_name(distribution) == package, distribution
        back = names.pypi_name(package)
        assert back is not None, package
        assert conda.CONDA.get(back, back) == package, package


def test_a_distribution_of_the_wide_list_comes_back_from_conda():
    for name in ("seaborn", "geopandas", "statsmodels", "mlflow", "spacy", "transformers"):
        package = names.conda_name(name)
        assert package is not None
        assert names.pypi_name(package) == name


# ------------------------------------------------------------------ the files


@pytest.mark.parametrize("file", FILES)
def test_each_file_is_sorted_and_names_nothing_twice(file):
    rows = (ROOT / "envboot" / "names" / file).read_text(encoding="utf-8").splitlines()
    keys = [row.split()[0] for row in rows]
    assert rows == sorted(rows)
    assert len(keys) == len(set(keys))
    assert all(
        len(row.split()) == (2 if file in {"imports.txt", "conda.txt"} else 1) for row in rows
    )


def test_junk_stays_out_of_the_wide_tables():
    junk = {"demo", "enum", "test", "utils", "src", "tests", "examples", "setup", "common", "core"}
    junk |= {"mpl_toolkits", "images", "samples", "v2", "run", "wheels", "dummy"}
    assert not junk & set(tables.table("imports.txt"))
    assert not any(len(m) < 3 or is_stdlib(m) for m in tables.table("imports.txt"))
    assert not set(tables.table("imports.txt")) & (set(curated.DISTRIBUTIONS) | same.SAME)


def test_wrong_rows_of_the_sources_are_mended():
    assert "opencv-python" not in tables.table("conda.txt")
    assert not {"ray-core", "libopencv", "rosco", "jupyter-sphinx"} & set(
        tables.table("conda.txt").values()
    )


def test_the_files_are_small_enough_to_travel():
    whole = b"".join((ROOT / "envboot" / "names" / file).read_bytes() for file in FILES)
    assert len(lzma.compress(whole, preset=9 | lzma.PRESET_EXTREME)) < 135_000


def test_the_files_are_part_of_the_package():
    text = (ROOT / "setup.cfg").read_text(encoding="utf-8")
    assert "envboot.names = *.txt, NOTICE" in text
    notice = (ROOT / "envboot" / "names" / "NOTICE").read_text(encoding="utf-8")
    assert all(file in notice for file in FILES)


def test_no_file_is_read_for_what_the_hand_made_tables_know():
    code = (
        "import pkgutil\n"
        "def get_data(*_): raise SystemExit('a file was read')\n"
        "pkgutil.get_data = get_data\n"
        "from envboot import names\n"
        "assert names.distribution('cv2') and names.distribution('numpy')\n"
        "assert names.is_known('torch') and not names.is_known('unheard_of')\n"
        "assert names.canonical('google.cloud.storage.blob', ()) == ('google.cloud.storage',)\n"
        "assert names.conda_name('torch') == 'pytorch'\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()


def test_the_tables_are_read_from_a_zip_too(tmp_path):
    archive = tmp_path / "some.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in (ROOT / "envboot").rglob("*"):
            if path.suffix in {".py", ".txt"} and path.is_file():
                file.write(path, path.relative_to(ROOT).as_posix())
    code = "from envboot import names as n; print(n.distribution('x_y_z'), n.conda_name('seaborn'))"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(archive)!r}); {code}"],
        cwd=tmp_path,
        env={"PYTHONDONTWRITEBYTECODE": "1"},
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == ["None", "seaborn"]


def test_without_the_files_the_hand_made_tables_still_answer(tmp_path):
    with zipfile.ZipFile(tmp_path / "some.zip", "w") as file:
        for path in (ROOT / "envboot").rglob("*.py"):
            file.write(path, path.relative_to(ROOT).as_posix())
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'some.zip')!r})\n"
        "from envboot import names\n"
        "print(names.distribution('cv2'), names.distribution('seldom'), names.conda_name('torch'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={},
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == ["opencv-python", "None", "pytorch"]


DOTTED = st.lists(
    st.sampled_from(["google", "cloud", "azure", "numpy", "cv2", "x", "clip", "utils", "", "Ω"]),
    min_size=1,
    max_size=5,
).map(".".join)


@given(st.one_of(DOTTED, st.text(max_size=40)))
def test_any_text_has_an_answer(text):
    found = names.distribution(text)
    assert found is None or NORMAL.fullmatch(found)
    assert names.resolve(text, {}) == found
    assert isinstance(names.is_known(text), bool)
    assert isinstance(names.is_namesake(text), bool)
    names.conda_name(text)
    names.pypi_name(text)
