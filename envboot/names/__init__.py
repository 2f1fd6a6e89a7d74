"""Which distribution brings which import: the names that differ, and those that are well known.

Curated by hand from the metadata of the distributions themselves. A name that is in neither
table is never guessed: a distribution of the same name may be another project (``clip``,
``bert``, ``haiku``, ``tree`` on the Python package index are not what code means by them).
"""

from __future__ import annotations

from envboot.spec import normalise


def _pairs(text: str) -> dict[str, str]:
    words = text.split()
    return dict(zip(words[::2], words[1::2]))


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


DISTRIBUTIONS = _pairs(
    """
    absl absl-py  ansible ansible-core  apiclient google-api-python-client  attr attrs
    axes django-axes  bayes_opt bayesian-optimization  Bio biopython  bs4 beautifulsoup4
    bson pymongo  caffe2 torch  cairo pycairo  clr pythonnet  community python-louvain
    corsheaders django-cors-headers  crontab python-crontab  Crypto pycryptodome
    Cryptodome pycryptodomex  curl pycurl  cv2 opencv-python  Cython cython
    dateutil python-dateutil  decouple python-decouple  discord discord.py  dns dnspython
    docx python-docx  dotenv python-dotenv  ee earthengine-api  elftools pyelftools
    faiss faiss-cpu  fitz pymupdf  fontTools fonttools  git gitpython  github pygithub
    gitlab python-gitlab  google.api_core google-api-core  google.auth google-auth
    google.cloud.aiplatform google-cloud-aiplatform  google.cloud.bigquery google-cloud-bigquery
    google.cloud.firestore google-cloud-firestore  google.cloud.logging google-cloud-logging
    google.cloud.pubsub google-cloud-pubsub  google.cloud.pubsub_v1 google-cloud-pubsub
    google.cloud.secretmanager google-cloud-secret-manager
    google.cloud.speech google-cloud-speech  google.cloud.storage google-cloud-storage
    google.cloud.texttospeech google-cloud-texttospeech
    google.cloud.translate google-cloud-translate  google.cloud.vision google-cloud-vision
    google.genai google-genai  google.generativeai google-generativeai  google.oauth2 google-auth
    google.protobuf protobuf  googleapiclient google-api-python-client  grpc grpcio
    grpc_tools grpcio-tools  hydra hydra-core  imblearn imbalanced-learn  IPython ipython
    jose python-jose  jpype jpype1  jwt pyjwt  kafka kafka-python  ldap python-ldap
    Levenshtein levenshtein  llama_cpp llama-cpp-python  llama_index.core llama-index-core
    magic python-magic  mpl_toolkits.axes_grid1 matplotlib  mpl_toolkits.axisartist matplotlib
    mpl_toolkits.basemap basemap  mpl_toolkits.mplot3d matplotlib  mysql mysql-connector-python
    MySQLdb mysqlclient  nacl pynacl  netCDF4 netcdf4  odf odfpy  ogr gdal  OpenEXR openexr
    OpenGL pyopengl  OpenSSL pyopenssl  osgeo gdal  past future  PIL pillow
    pkg_resources setuptools  pl_bolts lightning-bolts  playhouse peewee  pptx python-pptx
    psycopg2 psycopg2-binary  py3Dmol py3dmol  PyInstaller pyinstaller  pylab matplotlib
    pynvml nvidia-ml-py  PyPDF2 pypdf2  PyQt5 pyqt5  PyQt6 pyqt6  PySide2 pyside2  PySide6 pyside6
    pythoncom pywin32  pywt pywavelets  pyximport cython  rest_framework djangorestframework
    ruamel.yaml ruamel.yaml  serial pyserial  shapefile pyshp  SimpleITK simpleitk
    skimage scikit-image  sklearn scikit-learn  skopt scikit-optimize  skvideo scikit-video
    slack slackclient  slugify python-slugify  smbus smbus2  snappy python-snappy
    snowflake.connector snowflake-connector-python  socketio python-socketio  socks pysocks
    speech_recognition speechrecognition  surprise scikit-surprise  taming taming-transformers
    telegram python-telegram-bot  tensorboardX tensorboardx  tlz toolz  umap umap-learn  usb pyusb
    vtkmodules vtk  websocket websocket-client  win32api pywin32  win32com pywin32
    win32con pywin32  win32gui pywin32  wx wxpython  Xlib python-xlib  yaml pyyaml
    yaml_include pyyaml-include  zmq pyzmq
    """
)
"""Import name → distribution on the Python package index."""

SAME = _words(
    """
    accelerate addict aiofiles aiohttp albumentations altair anndata annoy anthropic
    argparse_dataclass arviz astropy attrs autograd av bitsandbytes bokeh boto3 botocore bottle
    cairosvg cartopy catboost celery certifi cffi cftime chainer chardet click cloudinary
    cloudpickle colorama comet_ml configargparse cryptography cufflinks cupy cvxpy cycler dash
    dash_bootstrap_components dask datasets dateparser deap decorator deepspeed dgl
    diffusers dill django docker docopt docutils docx2txt efficientnet_pytorch einops emcee
    ephem evaluate fastai fastapi fasteners filelock fiona fire flask flask_cors
    flask_login flask_sqlalchemy flax folium fsspec ftfy future fvcore gdown genshi gensim
    geopandas gevent google_auth_oauthlib gpytorch gradio graphviz greenlet gunicorn gym gymnasium
    h2o h5py hdbscan healpy holoviews huggingface_hub hvplot hyperopt igraph imageio
    imageio_ffmpeg imgaug imutils invoke iopath ipdb ipykernel ipywidgets isodate jax jaxlib jieba
    jinja2 joblib jsonlines jsonschema jupyter kaggle keras kiwisolver kornia langchain_community
    langchain_core langchain_openai librosa lightgbm lightning lightning_fabric lime llvmlite lmdb
    loguru lpips lxml markdown markdown2 markupsafe matplotlib memory_profiler ml_collections
    mlflow mlxtend mmcv monai more_itertools moviepy mpi4py mplfinance msgpack mujoco_py multidict
    multiprocess munch mypy natsort nbconvert nbformat nengo neptune networkx nibabel nilearn nltk
    nmslib nose notebook numba numexpr numpy omegaconf onnx onnxruntime open3d openai opt_einsum
    optax optuna ortools osmnx packaging pandas pandas_profiling panel paramiko partd patsy peft
    pettingzoo pexpect picamera pickleshare platformdirs plotly pluggy polars prettytable
    prometheus_client prophet psutil psycopg pulp py pyarrow pyaudio pybind11 pybullet pycocotools
    pycuda pydantic pydantic_settings pydensecrf pydicom pydot pydub pygame pyglet pygments pymc
    pymc3 pymongo pymysql pyparsing pypdf pypdfium2 pyproj pysam pyspark pystan pytesseract pytest
    pytorch_lightning pytorch_msssim pytz pyvista qiskit rapidfuzz rasterio ray rdkit redis regex
    requests rich rootpy rouge s3fs sacremoses safetensors scanpy scipy scrapy
    seaborn segmentation_models_pytorch selenium sentence_transformers sentencepiece sentry_sdk
    setproctitle setuptools shap shapely simplejson sip six sklearn_crfsuite slack_sdk snorkel
    sortedcontainers sounddevice soundfile spacy sphinx sqlalchemy stable_baselines3 statsmodels
    streamlit sympy tables tabulate tenacity tensorboard tensorflow tensorflow_addons
    tensorflow_datasets tensorflow_hub tensorflow_io tensorflow_probability tensorflow_text
    tensorrt tensorstore termcolor textblob tf_keras tf_slim theano thinc tifffile tiktoken timm
    tokenizers toml tomli tomlkit toolz torch torch_cluster torch_geometric torch_scatter
    torch_sparse torch_spline_conv torchaudio torchmetrics torchtext torchvision tornado tqdm
    transformers trimesh triton trl typer typing_extensions tzlocal ujson unidecode unidiff
    urllib3 uvicorn vllm vtk wandb webcolors werkzeug wget wheel wordcloud xarray xformers xgboost
    xlrd xlsxwriter xlwt yacs yfinance youtube_dl yt_dlp zarr zstandard
    """
)
"""Import names whose distribution has the same name, and is what code means by it."""

NAMESPACES = _words(
    """
    azure azure.ai azure.cognitiveservices azure.cognitiveservices.vision azure.iot
    azure.keyvault azure.mgmt azure.monitor azure.storage backports databricks google google.ads
    google.cloud jaraco llama_index llama_index.embeddings llama_index.llms
    llama_index.vector_stores mpl_toolkits nvidia opentelemetry opentelemetry.exporter
    opentelemetry.instrumentation pyannote ruamel snowflake sphinxcontrib zope
    """
)
"""Packages that several distributions share: their own import proves nothing (PEP 420)."""

HOSTED = _words(
    """
    arcpy bpy_types dbutils google.appengine google.colab hou js kaggle_datasets kaggle_secrets
    maya micropip nuke pyodide unreal pyodide_js
    """
)
"""Modules that a host program brings and no installer can: code runs there, or does without."""


def distribution(module: str) -> str | None:
    """Return the distribution that brings a dotted module; None when that is not known."""
    parts = module.split(".")
    for end in range(len(parts), 0, -1):
        if found := DISTRIBUTIONS.get(".".join(parts[:end])):
            return found
    return normalise(parts[0]) if parts[0] in SAME else None


def is_known(module: str) -> bool:
    """Return whether a module is one of the well-known distributions'."""
    top = module.partition(".")[0]
    return distribution(module) is not None or top in NAMESPACES or module in HOSTED


def canonical(module: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return what has to be imported to prove ``from module import names``.

    That is the top-level package, but below a namespace the first package that belongs to one
    distribution: ``google.cloud.storage``. ``names`` is () for a plain ``import module``.
    """
    parts = module.split(".")
    for end in range(1, len(parts) + 1):
        name = ".".join(parts[:end])
        if name not in NAMESPACES:
            return (name,)
    below = tuple(canonical(f"{module}.{n}", ())[0] for n in names if n != "*")
    return below or (module,)
