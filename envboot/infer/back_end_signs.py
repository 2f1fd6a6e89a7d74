"""Imports and addresses that tell of a back end, without any call.

Curated by hand from the documentation of each library.
"""

from __future__ import annotations

IMPORTS: dict[str, str] = {
    "torch.utils.tensorboard": "tensorboard",
    "dask.distributed": "distributed",
    "dask.dataframe": "pandas pyarrow",
    "dask.array": "numpy",
    "pandas.plotting": "matplotlib",
    "plotly.express": "numpy pandas",
    "sqlalchemy.dialects.postgresql": "psycopg2-binary",
    "sqlalchemy.dialects.mysql": "mysqlclient",
    "sqlalchemy.ext.asyncio": "greenlet",
    "django.contrib.postgres": "psycopg2-binary",
    "pydantic.EmailStr": "email-validator",
    "networkx.drawing.nx_agraph": "pygraphviz",
    "networkx.drawing.nx_pydot": "pydot",
    "matplotlib.backends.backend_qt5agg": "pyqt5",
    "matplotlib.backends.backend_qtagg": "pyqt6",
    "matplotlib.backends.backend_wxagg": "wxpython",
    "matplotlib.backends.backend_gtk3agg": "pygobject",
    "fastapi.testclient": "httpx",
    "starlette.testclient": "httpx",
    "scipy.datasets": "pooch",
    "pyspark.pandas": "pandas pyarrow",
    "optuna.visualization": "plotly",
    "rich.jupyter": "ipywidgets",
    "tqdm.notebook": "ipywidgets",
}
"""A module → what it needs beyond the distribution that brings it."""

_SQL = "sqlalchemy flask_sqlalchemy pandas sqlmodel"
_STORED = "pandas dask xarray geopandas zarr"
ADDRESSES: tuple[tuple[str, str, str], ...] = (
    # modules, beginning of a text, distribution
    ("requests urllib3", r"socks[45][ah]?://", "pysocks"),
    ("httpx", r"socks5h?://", "socksio"),
    ("aiohttp", r"socks[45]h?://", "aiohttp-socks"),
    (_SQL, r"postgres(ql)?(\+psycopg2)?://", "psycopg2-binary"),
    (_SQL, r"postgresql\+psycopg://", "psycopg"),
    (_SQL, r"postgresql\+asyncpg://", "asyncpg"),
    (_SQL, r"postgresql\+pg8000://", "pg8000"),
    (_SQL, r"mysql(\+mysqldb)?://", "mysqlclient"),
    (_SQL, r"(mysql|mariadb)\+pymysql://", "pymysql"),
    (
        _SQL,
        r"mysql\+mysqlconnector://",
        "mysql-connector-python",
    ),
    (_SQL, r"mssql(\+pyodbc)?://", "pyodbc"),
    (_SQL, r"mssql\+pymssql://", "pymssql"),
    (_SQL, r"oracle\+oracledb://", "oracledb"),
    (_SQL, r"oracle(\+cx_oracle)?://", "cx-oracle"),
    (_SQL, r"sqlite\+aiosqlite://", "aiosqlite"),
    ("sqlalchemy pandas", r"snowflake://", "snowflake-sqlalchemy"),
    ("sqlalchemy pandas", r"bigquery://", "sqlalchemy-bigquery"),
    ("sqlalchemy pandas", r"duckdb://", "duckdb-engine"),
    ("sqlalchemy pandas", r"redshift(\+\w+)?://", "sqlalchemy-redshift"),
    ("celery", r"rediss?://", "redis"),
    (_STORED, r"s3a?://", "s3fs"),
    (_STORED, r"g(c)?s://", "gcsfs"),
    (_STORED, r"(abfss?|az|adl)://", "adlfs"),
    ("pandas dask", r"hdfs://", "pyarrow"),
    ("django", r"django\.db\.backends\.postgresql", "psycopg2-binary"),
    ("django", r"django\.db\.backends\.mysql", "mysqlclient"),
)
"""What stands before ``://`` chooses a driver or a store."""
