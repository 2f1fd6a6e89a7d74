"""The table of back ends: each row matches what it says, and only where its module is imported."""

from __future__ import annotations

import re

import pytest

from envboot.infer import back_end_rules, back_end_signs, back_ends
from envboot.infer.stdlib import is_stdlib
from envboot.spec import normalise
from tests.scanning import cells, scan


def brought(tmp_path, code: str) -> list[str]:
    return sorted({b.distribution for b in scan(tmp_path, {"a.py": code}).back_ends})


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("import pandas as pd\npd.read_excel('a.xlsx')", "openpyxl"),
        ("import pandas as pd\npd.read_excel(path)", "openpyxl"),
        ("import pandas as pd\npd.read_excel('a.xls')", "xlrd"),
        ("import pandas as pd\npd.read_excel(folder + '/a.XLS')", "xlrd"),
        ("import pandas as pd\npd.read_excel(f'{folder}/a.ods')", "odfpy"),
        ("from pandas import read_excel\nread_excel('a')", "openpyxl"),
        ("import pandas\npandas.read_excel('a', engine='calamine')", "python-calamine"),
        ("import pandas\ndf.to_excel('a.xlsx')", "openpyxl"),
        ("import pandas\ndf.head().to_excel('a.xlsx', engine='xlsxwriter')", "xlsxwriter"),
        ("import pandas as pd\nwith pd.ExcelWriter('a') as w:\n    pass", "openpyxl"),
        ("import pandas as pd\npd.read_parquet('a')", "pyarrow"),
        ("import pandas as pd\npd.read_parquet('a', engine='fastparquet')", "fastparquet"),
        ("import pandas as pd\ndf.to_feather('a')", "pyarrow"),
        ("import pandas as pd\npd.read_html('a')", "lxml"),
        ("import pandas as pd\npd.read_html('a', flavor='bs4')", "beautifulsoup4 html5lib"),
        ("import pandas as pd\npd.read_xml('a')", "lxml"),
        ("import pandas as pd\npd.read_xml('a', parser='etree')", ""),
        ("import pandas as pd\npd.HDFStore('a')", "tables"),
        ("import pandas as pd\ndf.to_hdf('a', 'k')", "tables"),
        ("import pandas as pd\npd.read_sql('q', 'mysql+pymysql://h/d')", "pymysql sqlalchemy"),
        ("import pandas as pd\npd.read_sql('q', connection)", ""),
        ("import pandas as pd\nprint(df.to_markdown())", "tabulate"),
        ("import pandas as pd\ndf['a'].plot(kind='bar')", "matplotlib"),
        ("import pandas as pd\ndf.plot.kde()", "matplotlib scipy"),
        ("import pandas as pd\ndf.style.format('a')", "jinja2"),
        ("import pandas as pd\npd.read_csv('s3://b/k.csv')", "s3fs"),
        ("import pandas as pd\npd.read_csv('a.csv')", ""),
        ("import matplotlib\nmatplotlib.use('Qt5Agg')", "pyqt5"),
        ("import matplotlib\nmatplotlib.use('TkAgg')", ""),  # Python's own, or the system's
        ("import matplotlib.pyplot as plt\nplt.switch_backend('QtAgg')", "pyqt6"),
        ("from dask.distributed import Client\nClient()", "distributed"),
        ("import dask.dataframe as dd\ndd.read_parquet('a')", "pandas pyarrow"),
        ("import xarray as xr\nxr.open_dataset('a.nc')", "netcdf4"),
        ("import xarray as xr\nxr.open_dataset('a.nc', engine='h5netcdf')", "h5netcdf"),
        ("import xarray as xr\nxr.open_dataset('a', engine='zarr')", "zarr"),
        ("import xarray as xr\nxr.open_mfdataset('a*.nc')", "dask netcdf4"),
        ("import networkx as nx\nnx.draw(g)", "matplotlib"),
        ("from torch.utils.tensorboard import SummaryWriter\nSummaryWriter()", "tensorboard"),
        ("from tensorflow.keras.utils import plot_model\nplot_model(m)", "pydot"),
        ("import seaborn as sns\nsns.clustermap(d)", "scipy"),
        (
            "import requests\np = {'http': 'socks5://localhost:1'}\nrequests.get(u, proxies=p)",
            "pysocks",
        ),
        ("import sqlalchemy as sa\nsa.create_engine('postgresql://u@h/d')", "psycopg2-binary"),
        ("from sqlalchemy import create_engine\ncreate_engine(f'mysql+pymysql://{u}')", "pymysql"),
        ("from bs4 import BeautifulSoup\nBeautifulSoup(t, 'lxml')", "lxml"),
        ("from bs4 import BeautifulSoup\nBeautifulSoup(t, features='html5lib')", "html5lib"),
        ("from bs4 import BeautifulSoup\nBeautifulSoup(t, 'html.parser')", ""),
        ("import imageio\nimageio.get_writer('a.mp4', fps=3)", "imageio-ffmpeg"),
        ("import imageio\nimageio.get_writer('a.gif')", ""),
        (
            "from transformers import AutoModel\nAutoModel.from_pretrained('a', device_map='auto')",
            "accelerate",
        ),
        (
            "import transformers as t\nt.AutoModel.from_pretrained('a', load_in_8bit=True)",
            "accelerate bitsandbytes",
        ),
        ("import transformers as t\nt.AutoModel.from_pretrained('a', load_in_8bit=False)", ""),
    ],
)
def test_calls_that_need_more_than_their_module(tmp_path, code, wanted):
    assert brought(tmp_path, code) == wanted.split()


TEXTS = (
    *("x", "True", "False", "a.xls", "a.ods", "a.xlsb", "a.grib", "a.zarr", "a.mp4", "a.png"),
    *("openpyxl", "xlrd", "odf", "pyxlsb", "calamine", "xlsxwriter", "xlsx2csv", "fastparquet"),
    *("bs4", "etree", "kde", "plotly", "spline", "kendall", "pyarrow", "numexpr", "adbc", "ols"),
    *("netcdf4", "h5netcdf", "zarr", "cfgrib", "rasterio", "pydap", "scipy", "sqlite://", "pandas"),
    *("polars", "Qt5Agg", "QtAgg", "GTK3Agg", "WXAgg", "WebAgg", "widget", "flash_attention_2"),
    *("wandb", "tensorboard", "mlflow", "bleu", "rouge", "seqeval", "bertscore", "wer", "f1"),
    *("ALE/Pong-v5", "LunarLander-v2", "Ant-v4", "lxml", "html5lib", "ffmpeg", "pyav"),
)
ROWS = [
    (module, call, place, pattern, brings)
    for modules, calls, place, pattern, brings in back_end_rules.CALLS
    for module in modules.split()
    for call in calls.split() or [""]
]


@pytest.mark.parametrize(("module", "call", "place", "pattern", "brings"), ROWS)
def test_each_row_of_the_table_is_reached(tmp_path, module, call, place, pattern, brings):
    """No row stands behind a broader one, and each pattern means some text."""
    name = place.partition("|")[0]
    text = next(t for t in TEXTS if re.search(pattern, t))
    value = text if text in {"True", "False"} else repr(text)
    given = (
        "" if not place else f"{'_, ' * int(name)}{value}" if name.isdigit() else f"{name}={value}"
    )
    head = {"": "anything", ".": f"thing{call}"}.get(call[:1], f"{module}.{call}")
    found = brought(tmp_path, f"import {module}\n{head}({given})")
    assert set(brings.split()) <= set(found)
    if not brings:
        assert not found
    other = f"{'thing' if call.startswith('.') else 'other.'}{call}({given})"
    assert brought(tmp_path, f"import numpy\n{other}") == []


@pytest.mark.parametrize("row", back_end_signs.ADDRESSES)
def test_each_address_is_known_by_its_beginning(tmp_path, row):
    modules, pattern, distribution = row
    text = re.sub(
        r"\\(.)", r"\1", re.sub(r"\([^()]*\)\?|\[\w+\]\??|\(([^|()]*)\|[^()]*\)", r"\1", pattern)
    )
    text = text.replace("s?://", "://").replace("h?://", "://").replace("a?://", "://")
    text = text.replace("socks", "socks5").replace("socks55", "socks5").replace("abfss?", "abfs")
    for module in modules.split():
        found = scan(tmp_path, {"a.py": f"import {module}\nx = '{text}someone:secret@host/x'"})
        assert distribution in {b.distribution for b in found.back_ends}, (module, text)
        assert "secret" not in repr(found)


@pytest.mark.parametrize(("module", "brings"), back_end_signs.IMPORTS.items())
def test_modules_that_need_more_than_their_distribution(tmp_path, module, brings):
    package, _, name = module.rpartition(".")
    for code in (f"import {module}.deeper", f"from {package} import {name}"):
        assert set(brings.split()) <= set(brought(tmp_path, code))


def test_the_table_is_tidy():
    for row in ROWS:
        for distribution in row[4].split():
            assert distribution == normalise(distribution), row
            assert not is_stdlib(distribution), row
    assert len(ROWS) == len(set(ROWS))
    known = [
        r for m in {row[0] for row in ROWS} for found in back_ends.rules(m).values() for r in found
    ]
    assert len(known) == len(ROWS)


@pytest.mark.parametrize(
    "code",
    [
        "import mine as pd\npd.read_excel('a')",
        "pd.read_excel('a')",
        "import pandas as pd\nimport openpyxl\npd.read_excel('a.xlsx')",
        "import pandas as pd\nimport matplotlib.pyplot as plt\nplt.plot(1)\ndf.plot()",
        "import pandas as pd\nfrom polars2 import x\nx.to_excel('a')",
        "import pandas as pd\n# pd.read_excel('a')\ns = 'pd.read_excel'",
        "import pandas as pd\ndef read_excel(x): pass\nread_excel('a')",
        "import pandas as pd\npd.read_excel",
    ],
)
def test_what_only_looks_alike_is_no_evidence(tmp_path, code):
    assert brought(tmp_path, code) == []


def test_a_name_imported_in_one_cell_means_the_same_in_the_next(tmp_path):
    text = cells("import pandas as pd", "%matplotlib widget", "%%time\nx = pd.read_parquet('a')")
    found = scan(tmp_path, {"n.ipynb": text})
    assert [(b.distribution, b.call, str(b.origin)) for b in found.back_ends] == [
        ("ipympl", "%matplotlib widget", "n.ipynb, cell 2, line 1"),
        ("pyarrow", "pandas.read_parquet", "n.ipynb, cell 3, line 2"),
    ]


def test_suggestions_keep_the_label_of_their_place(tmp_path):
    code = "import pandas as pd\npd.read_parquet('a')"
    guarded = "import pandas as pd\ntry:\n    pd.read_html('a')\nexcept ImportError:\n    pass"
    found = scan(
        tmp_path,
        {"tests/test_a.py": code, "docs/b.py": "import pandas\nx.to_hdf()", "c.py": guarded},
    )
    assert {b.distribution: b.label for b in found.back_ends} == {
        "pyarrow": "test",
        "tables": "docs",
        "lxml": "guarded",
    }
