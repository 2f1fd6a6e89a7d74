"""What code says beside its imports: installs, programs, variables, GPUs."""

from __future__ import annotations

import pytest

from envboot.infer import commands, programs
from envboot.infer.stdlib import is_stdlib
from envboot.spec import normalise
from tests.scanning import cells, labels, scan


def asked(found):
    return [(a.text, a.ecosystem, a.label) for a in found.asked]


# ------------------------------------------------------------------ what is installed


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("%pip install x1", ["x1"]),
        ("%pip install -q -U 'x1>=1.2,<2' x2[extra]==3.*", ["x1>=1.2,<2", "x2[extra]==3.*"]),
        ("!pip install x1==1.0 x2", ["x1==1.0", "x2"]),
        ("!pip3 install --upgrade --no-cache-dir x1", ["x1"]),
        ("!pip3.11 -q install x1", ["x1"]),
        ("!{sys.executable} -m pip install x1", ["x1"]),
        ("!python -m pip install -q x1", ["x1"]),
        ("!python3.9 -m pip install --quiet x1", ["x1"]),
        ("! pip install x1 > /dev/null 2>&1", ["x1"]),
        ("!pip install x1 && pip install x2; ls", ["x1", "x2"]),
        ("!pip install x1 # as of 2024", ["x1"]),
        ("!pip install x1 \\\n   x2", ["x1", "x2"]),
        ("!sudo -H pip install x1", ["x1"]),
        ("!PIP_QUIET=1 pip install x1", ["x1"]),
        ("!uv pip install x1", ["x1"]),
        ("!uv add x1", ["x1"]),
        ("pip install x1", ["x1"]),
        ("out = !pip install x1", ["x1"]),
        ("get_ipython().system('pip install x1')", ["x1"]),
        ("get_ipython().run_line_magic('pip', 'install x1')", ["x1"]),
        ("%%bash\ncd /tmp\npip install x1\n", ["x1"]),
        ("%%sh\npip install x1\n", ["x1"]),
        ("!pip install -r requirements.txt x1", ["x1"]),
        ("!pip install -i https://a.test/simple x1", ["x1"]),
        ("!pip install --index-url=https://a.test/simple x1", ["x1"]),
        ("!pip install -f https://a.test/x.html x1", ["x1"]),
        ("!pip install git+https://a.test/b.git", ["git+https://a.test/b.git"]),
        ("!pip install git+https://a.test/b#egg=x1", ["x1 @ git+https://a.test/b"]),
        ("!pip install -e git+https://a.test/b#egg=x1", ["x1 @ git+https://a.test/b"]),
        ("!pip install 'x1 @ https://a.test/x1.whl'", ["x1 @ https://a.test/x1.whl"]),
        ("!pip install \"x1; python_version<'3.8'\"", ['x1; python_version < "3.8"']),
        ("!pip install x1 --target", ["x1"]),
        # nothing to carry away
        ("!pip install -U pip", []),
        ("!pip install .", []),
        ("!pip install -e .", []),
        ("!pip install ./x1 ../x2 x3/ dist/x4-1.0-py3-none-any.whl x5.tar.gz", []),
        ("!pip install -r requirements.txt", []),
        ("!pip install {package} $name", []),
        ("!pip uninstall -y x1", []),
        ("!pip freeze", []),
        ("!pip download x1", []),
        ("!pip install", []),
        ("!pip install ==1.0 @@ >=2 !", []),
        ("!pip install https://user:password@a.test/x1.whl", []),
        ("!pip install git+https://token@a.test/b", []),
        ("!pip install x1 # don't", ["x1"]),
        ("# !pip install x1", []),
        ("#%pip install x1", []),
        ("text = '''\n!pip install x1\n'''", []),
        ("print('pip install x1')", []),
        ("!echo pip install x1", []),
        ("!apt-get install -y x1", []),
        ("!brew install x1", []),
        ("!npm install x1", []),
        ("%%R\ninstall.packages('x1')", []),
    ],
)
def test_what_a_notebook_asks_pip_for(tmp_path, source, wanted):
    found = scan(tmp_path, {"n.ipynb": cells(source)})
    assert [a.text for a in found.asked] == wanted
    assert {a.ecosystem for a in found.asked} <= {"pypi"}
    assert found.unreadable == ()


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("%conda install x1", ["x1"]),
        ("!conda install -y -c conda-forge x1=1.2 x2", ["x1=1.2", "x2"]),
        ("!conda install --yes --prefix {sys.prefix} 'x1>=2'", ["x1>=2"]),
        ("%mamba install conda-forge::x1", ["conda-forge::x1"]),
        ("!micromamba install -n base x1", ["x1"]),
        ("!conda install --file list.txt", []),
        ("!conda env create -f environment.yml", []),
        ("!conda list", []),
    ],
)
def test_what_a_notebook_asks_conda_for(tmp_path, source, wanted):
    found = scan(tmp_path, {"n.ipynb": cells(source)})
    assert asked(found) == [(text, "conda", "production") for text in wanted]


def test_an_installer_says_where_and_under_which_condition(tmp_path):
    nested = "import sys\nif 'google.colab' in sys.modules:\n    !pip install x1\n%pip install x2"
    found = scan(
        tmp_path, {"n.ipynb": cells("1", nested), "tests/t.ipynb": cells("!pip install x3")}
    )
    assert [(str(a.origin), a.text, a.label) for a in found.asked] == [
        ("n.ipynb, cell 2, line 3", "x1", "guarded"),
        ("n.ipynb, cell 2, line 4", "x2", "production"),
        ("tests/t.ipynb, cell 1, line 1", "x3", "test"),
    ]


@pytest.mark.parametrize(
    "call",
    [
        "subprocess.run([sys.executable, '-m', 'pip', 'install', '-q', 'x1'])",
        "subprocess.check_call(('pip', 'install', 'x1'))",
        "subprocess.run('pip install x1', shell=True)",
        "subprocess.Popen('pip install x1'.split())",
        "os.system('pip install x1')",
        "os.system(f'{sys.executable} -m pip install x1')",
        "check_call([executable, '-m', 'pip', 'install', 'x1'])",
        "sp.check_output(args=['pip', 'install', 'x1'])",
        "subprocess.getoutput('pip install x1 && ls')",
    ],
)
def test_a_script_that_starts_pip_asks_too(tmp_path, call):
    head = (
        "import os, subprocess, sys\nimport subprocess as sp\nfrom subprocess import check_call\n"
    )
    found = scan(tmp_path, {"a.py": head + call, "b.py": "def run(x): pass\nrun('pip install x2')"})
    assert asked(found) == [("x1", "pypi", "production")]
    assert found.asked[0].origin.line == 4


def test_a_script_block_names_its_dependencies(tmp_path):
    text = (
        "#!/usr/bin/env python\n# /// script\n# requires-python = '>=3.11'\n# dependencies = [\n"
        '#   "x1>=1",\n#   "x2",\n#   "junk ==",\n# ]\n# ///\nprint(1)\n'
    )
    broken = "# /// script\n# dependencies = [\n# ///\nimport x3"
    twice = "# /// script\n# dependencies = ['x4']\n# ///\n\n# /// script\n# ///\n"
    files = {
        "a.py": text,
        "b.py": broken,
        "c.py": twice,
        "d.py": "# /// script\n# dependencies = 3",
    }
    found = scan(tmp_path, files)
    assert [(str(a.origin), a.text) for a in found.asked] == [("a.py:5", "x1>=1"), ("a.py:6", "x2")]
    assert labels(found) == {"x3": "production"}


# ------------------------------------------------------------------ programs, extensions


@pytest.mark.parametrize(
    ("code", "name", "distribution"),
    [
        ("!jupyter nbconvert x.ipynb", "jupyter nbconvert", "nbconvert"),
        ("!jupyter notebook", "jupyter notebook", "notebook"),
        ("!jupyter --version", "jupyter", "jupyter"),
        ("!tensorboard --logdir logs &", "tensorboard", "tensorboard"),
        ("!kaggle datasets download x", "kaggle", "kaggle"),
        ("!cd data && gdown 123", "gdown", "gdown"),
        ("!wandb login", "wandb", "wandb"),
        ("!CUDA_VISIBLE_DEVICES=0 torchrun train.py", "torchrun", "torch"),
        ("!/usr/local/bin/accelerate launch x.py", "accelerate", "accelerate"),
        ("import subprocess\nsubprocess.run(['black', '.'])", "black", "black"),
        ("import os\nos.system('streamlit run app.py')", "streamlit", "streamlit"),
        ("import os\nos.execvp('mlflow', ['mlflow', 'ui'])", "mlflow", "mlflow"),
        ("%%bash\ndvc pull", "dvc", "dvc"),
        ("!huggingface-cli download x", "huggingface-cli", "huggingface-hub"),
    ],
)
def test_console_programs_belong_to_distributions(tmp_path, code, name, distribution):
    found = scan(tmp_path, {"n.ipynb": cells(code)})
    assert [(p.name, p.distribution, p.label) for p in found.programs] == [
        (name, distribution, "production")
    ]


@pytest.mark.parametrize(
    "code", ["!git clone x", "!ls", "!python train.py", "!", "!$x", "!=", "!&&;"]
)
def test_other_programs_are_nobodys(tmp_path, code):
    found = scan(tmp_path, {"n.ipynb": cells(code)})
    assert (found.programs, found.asked, found.modules) == ((), (), ())


def test_a_module_that_is_run_is_imported(tmp_path):
    code = "!python -m x1.cli --help\n!python -m http.server\n!python -m helper"
    found = scan(tmp_path, {"n.ipynb": cells(code), "helper.py": ""})
    assert labels(found) == {"x1": "guarded"}


def test_the_table_of_programs_is_tidy():
    for name, distribution in programs.PROGRAMS.items():
        assert distribution == normalise(distribution), name
        assert not is_stdlib(distribution), name


@pytest.mark.parametrize(
    ("magic", "module"),
    [
        ("%load_ext line_profiler", "line_profiler"),
        ("%reload_ext memory_profiler", "memory_profiler"),
        ("%load_ext tensorboard", "tensorboard"),
        ("%load_ext autoreload", None),
        ("%load_ext {name}", None),
        ("%load_ext", None),
    ],
)
def test_an_extension_is_imported_but_not_demanded(tmp_path, magic, module):
    found = scan(tmp_path, {"n.ipynb": cells(magic)})
    assert labels(found) == ({module: "guarded"} if module else {})


# ------------------------------------------------------------------ variables


@pytest.mark.parametrize(
    ("code", "required"),
    [
        ("import os\nos.environ['X1']", True),
        ("from os import environ\nenviron['X1']", True),
        ("import os as o\nprint(o.environ['X1'])", True),
        ("import os\ndef f(a=os.environ['X1']): pass", True),
        ("import os\nos.environ.pop('X1')", True),
        ("import os\nos.environ.pop('X1', None)", False),
        ("import os\nos.environ.get('X1')", False),
        ("import os\nos.getenv('X1', 'a')", False),
        ("from os import getenv\nif getenv('X1'): pass", False),
        ("import os\nos.environ.setdefault('X1', 'a')", False),
        ("import os\nif 'X1' in os.environ:\n    os.environ['X1']", False),
        ("import os\ntry:\n    os.environ['X1']\nexcept KeyError:\n    pass", False),
        ("import os\nos.environ['X1'] = 'a'\nos.environ['X1']", False),
        ("from decouple import config\nconfig('X1')", True),
        ("from decouple import config\nconfig('X1', default='')", False),
        ("import os\nos.environ['X1'] = 'a'", None),
        ("import os\ndel os.environ['X1']", None),
        ("import os\nos.environ[name]", None),
        ("import os\nos.environ['HOME']", None),
        ("import os\nos.environ['SLURM_JOB_ID']", None),
        ("import os\nos.environ['not a name']", None),
        ("environ = {}\nenviron['X1']", None),
        ("import os\n# os.environ['X1']", None),
    ],
)
def test_which_variables_are_read_and_which_are_needed(tmp_path, code, required):
    found = scan(tmp_path, {"a.py": code, "tests/test_a.py": "import os\nos.environ['T1']"})
    assert [(v.name, v.required) for v in found.variables] == (
        [] if required is None else [("X1", required)]
    )


def test_one_place_that_cannot_do_without_makes_a_variable_needed(tmp_path):
    soft, hard = "import os\nos.getenv('X1')", "import os\n\nos.environ['X1']"
    found = scan(tmp_path, {"a.py": soft, "b.py": hard, "c.py": soft})
    assert [(v.required, str(v.origin)) for v in found.variables] == [(True, "b.py:3")]


# ------------------------------------------------------------------ GPUs


@pytest.mark.parametrize(
    ("code", "required"),
    [
        ("model.cuda()", True),
        ("def f(x):\n    return x.cuda(non_blocking=True)", True),
        ("x.to('cuda')", True),
        ("x.to('cuda:1')", True),
        ("x.to(device='cuda')", True),
        ("d = torch.device('cuda')", True),
        ("device = 'cuda'", True),
        ("self.device: str = 'cuda:0'", True),
        ("torch.load('x', map_location='cuda')", True),
        ("torch.zeros(3, device='cuda')", True),
        ("torch.cuda.set_device(0)", True),
        ("import cupy", True),
        ("import pycuda.autoinit", True),
        ("from numba import cuda\n@cuda.jit\ndef f(): pass", True),
        ("from numba import cuda\n@cuda.jit('void()')\ndef f(): pass", True),
        ("import jax\njax.devices('gpu')", True),
        ("import xgboost\nxgboost.XGBClassifier(tree_method='gpu_hist')", True),
        ("import pytorch_lightning as pl\npl.Trainer(accelerator='gpu')", True),
        ("device = 'cuda' if torch.cuda.is_available() else 'cpu'", False),
        ("device = torch.device('cuda' if use else 'cpu')", None),
        ("if torch.cuda.is_available():\n    model.cuda()", False),
        ("if args.gpu:\n    model.cuda()", False),
        ("if device == 'cuda':\n    model.cuda()", False),
        ("model.cuda() if use_cuda else model", False),
        ("try:\n    import cupy\nexcept ImportError:\n    cupy = None", False),
        ("try:\n    x.cuda()\nexcept RuntimeError:\n    pass", False),
        ("class A:\n    def cuda(self):\n        return self.x.cuda()", False),
        ("model.cuda()\nprint(torch.cuda.is_available())", False),
        ("import tensorflow as tf\ntf.config.list_physical_devices('GPU')", False),
        ("import tensorflow as tf\nwith tf.device('/GPU:0'):\n    pass", False),
        ("x.to('cpu')", None),
        ("device = 'cpu'", None),
        ("pl.Trainer(accelerator='auto')", None),
        ("torch.cuda.manual_seed(1)", None),
        ("print('cuda')", None),
        ("cuda = 1", None),
    ],
)
def test_where_a_gpu_is_used_and_whether_code_lives_without(tmp_path, code, required):
    found = scan(tmp_path, {"a.py": f"import torch\n{code}", "tests/b.py": "import cupy"})
    assert {d.required for d in found.devices} - ({False} if required else set()) == (
        set() if required is None else {required}
    ), found.devices


def test_a_device_is_shown_as_written(tmp_path):
    code = "import torch\nmodel.cuda()\nx.to('cuda')\nf(1).cuda()\nimport cupy.linalg\n"
    found = scan(tmp_path, {"a.py": code})
    assert [(d.text, str(d.origin)) for d in found.devices] == [
        ("import cupy", "a.py:5"),
        ("model.cuda()", "a.py:2"),
        ('x.to("cuda")', "a.py:3"),
        ("….cuda()", "a.py:4"),
    ]


# ------------------------------------------------------------------ the words of a command


@pytest.mark.parametrize(
    "text", ["'", '"', "\\", "a'b", ";;;", "|", "&", "", " ", "\0", "a" * 100_000]
)
def test_no_line_is_too_odd_to_be_cut_into_commands(text):
    for argv in commands.line(text):
        list(commands.facts(argv, 1, guarded=False))
