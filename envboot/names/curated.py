"""Import names that differ from their distribution's: the table that wins over all others.

Curated by hand from the metadata of the distributions themselves, for what code in machine
learning and its neighbours imports. Where more than one distribution brings a module, the one
stands here that its project names first: opencv-python, not one of its three variants; faiss-cpu,
which installs everywhere; mlflow, not mlflow-skinny. A dotted name is meant with all below it.
"""

from __future__ import annotations


def pairs(text: str) -> dict[str, str]:
    """Return alternating words as keys and values."""
    words = text.split()
    return dict(zip(words[::2], words[1::2]))


DISTRIBUTIONS = pairs(
    """
    absl absl-py  acme dm-acme  acoustid pyacoustid  Adafruit_DHT adafruit-dht
    adafruit_dht adafruit-circuitpython-dht  adjustText adjusttext  ahocorasick pyahocorasick
    airflow apache-airflow  allel scikit-allel  alpaca alpaca-py  anchor anchor-exp
    ansible ansible-core  antlr4 antlr4-python3-runtime  ants antspyx
    apiclient google-api-python-client  AppKit pyobjc-framework-cocoa  arango python-arango
    arff liac-arff  argon2 argon2-cffi  art adversarial-robustness-toolbox  attr attrs
    audiotools descript-audiotools  autogen pyautogen  autosklearn auto-sklearn
    avalanche avalanche-lib  awq autoawq  aws_cdk aws-cdk-lib  ax ax-platform  axes django-axes
    azure.cosmos azure-cosmos  azure.identity azure-identity  azure.storage.blob azure-storage-blob
    azureml.core azureml-core  bayes_opt bayesian-optimization  bidi python-bidi  bids pybids
    binance python-binance  Bio biopython  BioSQL biopython  box python-box  Box2D box2d-py
    braket amazon-braket-sdk  bs4 beautifulsoup4  bson pymongo  caffe2 torch  cairo pycairo
    camelot camelot-py  cassandra cassandra-driver  causalimpact pycausalimpact
    cc3d connected-components-3d  Cheetah ct3  chess python-chess  cirq cirq-core  clang libclang
    classification_models image-classifiers  cld3 pycld3  cleanfid clean-fid  cleantext clean-text
    clr pythonnet  collada pycollada  colour colour-science  comet unbabel-comet
    community python-louvain  composer mosaicml  ConfigSpace configspace
    constraint python-constraint  CoreML pyobjc-framework-coreml  corsheaders django-cors-headers
    cpuinfo py-cpuinfo  crfsuite python-crfsuite  crontab python-crontab  crp zennit-crp
    Crypto pycryptodome  Cryptodome pycryptodomex  cudf cudf-cu12  cugraph cugraph-cu12
    cuml cuml-cu12  cups pycups  cupyx cupy  curl pycurl  cv2 opencv-python  cx_Oracle cx-oracle
    Cython cython  dac descript-audio-codec  dask_cudf dask-cudf-cu12
    databricks.sdk databricks-sdk  dateutil python-dateutil  dbus dbus-python
    decouple python-decouple  delta delta-spark  deprecate pydeprecate  df deepfilternet
    discord discord-py  dns dnspython  doctr python-doctr  docx python-docx  dopamine dopamine-rl
    dotenv python-dotenv  dtw dtw-python  dynet dynet38  ecgdetectors py-ecg-detectors
    ecmwfapi ecmwf-api-client  ee earthengine-api  elftools pyelftools
    empyrical empyrical-reloaded  enchant pyenchant  eolearn eo-learn  erfa pyerfa  esm fair-esm
    espnet2 espnet  evtk pyevtk  exiftool pyexiftool  factory factory-boy  faiss faiss-cpu
    fastBPE fastbpe  fastchat fschat  fasthtml python-fasthtml  fcl python-fcl
    ffmpeg ffmpeg-python  FinanceDataReader finance-datareader  finnhub finnhub-python
    fitz pymupdf  fla flash-linear-attention  flask_bootstrap bootstrap-flask
    flask_security flask-security-too  flatland flatland-rl  fontTools fonttools
    Foundation pyobjc-framework-cocoa  fpdf fpdf2  freetype freetype-py
    frontmatter python-frontmatter  ftlangdetect fasttext-langdetect  functional pyfunctional
    functorch torch  fuzzyset fuzzyset2  geohash python-geohash  gflags python-gflags  gi pygobject
    gin gin-config  git gitpython  github pygithub  gitlab python-gitlab  glm pyglm
    gnupg python-gnupg  google.ads google-ads  google.ai google-ai-generativelanguage
    google.analytics.data google-analytics-data  google.api google-api-core
    google.api_core google-api-core  google.auth google-auth
    google.cloud.aiplatform google-cloud-aiplatform  google.cloud.automl google-cloud-automl
    google.cloud.bigquery google-cloud-bigquery  google.cloud.datastore google-cloud-datastore
    google.cloud.dialogflow google-cloud-dialogflow
    google.cloud.documentai google-cloud-documentai
    google.cloud.error_reporting google-cloud-error-reporting
    google.cloud.exceptions google-cloud-core  google.cloud.firestore google-cloud-firestore
    google.cloud.language google-cloud-language  google.cloud.logging google-cloud-logging
    google.cloud.ndb google-cloud-ndb  google.cloud.pubsub google-cloud-pubsub
    google.cloud.pubsub_v1 google-cloud-pubsub
    google.cloud.secretmanager google-cloud-secret-manager  google.cloud.speech google-cloud-speech
    google.cloud.storage google-cloud-storage  google.cloud.tasks google-cloud-tasks
    google.cloud.texttospeech google-cloud-texttospeech
    google.cloud.translate google-cloud-translate
    google.cloud.videointelligence google-cloud-videointelligence
    google.cloud.vision google-cloud-vision  google.genai google-genai
    google.generativeai google-generativeai  google.longrunning googleapis-common-protos
    google.oauth2 google-auth  google.protobuf protobuf
    google.resumable_media google-resumable-media  google.rpc googleapis-common-protos
    google.type googleapis-common-protos  googleapiclient google-api-python-client
    googlesearch googlesearch-python  GPUtil gputil  graphql graphql-core  gridData griddataformats
    gridfs pymongo  groundingdino groundingdino-py  grpc grpcio  grpc_health grpcio-health-checking
    grpc_reflection grpcio-reflection  grpc_status grpcio-status  grpc_tools grpcio-tools
    gtda giotto-tda  guardrails guardrails-ai  guppy guppy3  haiku dm-haiku  hamcrest pyhamcrest
    haystack haystack-ai  hicstraw hic-straw  hid hidapi  hrvanalysis hrv-analysis  HTSeq htseq
    humps pyhumps  hydra hydra-core  hypertune cloudml-hypertune  ibis ibis-framework
    ibm_boto3 ibm-cos-sdk  igl libigl  ignite pytorch-ignite  imbens imbalanced-ensemble
    imblearn imbalanced-learn  imdb cinemagoer  imgutils dghs-imgutils
    imwatermark invisible-watermark  influxdb_client_3 influxdb3-python  iNNvestigate innvestigate
    IPython ipython  iris scitools-iris  iso639 python-iso639  iterstrat iterative-stratification
    janitor pyjanitor  jnius pyjnius  jose python-jose  jpype jpype1  jumpy jax-jumpy  jwt pyjwt
    kafka kafka-python  kanren minikanren  kerastuner keras-tuner  kernprof line-profiler  LAC lac
    lal lalsuite  lance pylance  lavis salesforce-lavis  lbfgs pylbfgs  ldap python-ldap
    Levenshtein levenshtein  libarchive libarchive-c  libtiff pylibtiff  lightning_app lightning
    lightning_lite lightning  lingua lingua-language-detector  llama_cpp llama-cpp-python
    llama_index.core llama-index-core  lofo lofo-importance  lru lru-dict  lucent torch-lucent
    lycoris lycoris-lora  mace mace-torch  magic python-magic  mango arm-mango
    markdown_it markdown-it-py  mauve mauve-text  mcubes pymcubes  MDAnalysis mdanalysis
    MeCab mecab-python3  megatron.core megatron-core  mem0 mem0ai  mii deepspeed-mii
    MinkowskiEngine minkowskiengine  mmaction mmaction2  mmseg mmsegmentation  modAL modal-python
    modelopt nvidia-modelopt  moses molsets  mpl_toolkits matplotlib
    mpl_toolkits.axes_grid1 matplotlib  mpl_toolkits.axisartist matplotlib
    mpl_toolkits.basemap basemap  mpl_toolkits.mplot3d matplotlib  MulticoreTSNE multicoretsne
    multipart python-multipart  mysql mysql-connector-python  MySQLdb mysqlclient  nacl pynacl
    nemo nemo-toolkit  netCDF4 netcdf4  neuralop neuraloperator  newspaper newspaper3k
    nnAudio nnaudio  nrrd pynrrd  nuimages nuscenes-devkit  nuscenes nuscenes-devkit
    nvidia.dali nvidia-dali-cuda120  oandapyV20 oandapyv20  objc pyobjc-core  odf odfpy
    odps pyodps  official tf-models-official  ogr gdal  onelogin python3-saml  onmt opennmt-py
    open_clip open-clip-torch  OpenEXR openexr  OpenGL pyopengl  opensearchpy opensearch-py
    openslide openslide-python  OpenSSL pyopenssl  openTSNE opentsne  Orange orange3  osgeo gdal
    ot pot  otter otter-grader  overcooked_ai_py overcooked-ai  paddle paddlepaddle  paho paho-mqtt
    parrot ai-parrot  parselmouth praat-parselmouth  past future  patoolib patool  pcl python-pcl
    pdfminer pdfminer-six  pegasus pegasuspy  pg pygresql  phi phiflow  phoenix arize-phoenix
    PIL pillow  pkg_resources setuptools  pl_bolts lightning-bolts  plaid plaid-python
    platypus platypus-opt  playhouse peewee  png pypng  pptx python-pptx
    prestodb presto-python-client  progressbar progressbar2  psycopg2 psycopg2-binary  pxr usd-core
    py3Dmol py3dmol  pyart arm-pyart  pyAudioAnalysis pyaudioanalysis  pyBigWig pybigwig
    pybullet_data pybullet  pybullet_envs pybullet  pybullet_utils pybullet
    pycrfsuite python-crfsuite  pydispatch pydispatcher  pyDOE pydoe  pyDOE2 pydoe2  pydrake drake
    PyEMD emd-signal  pyflink apache-flink  PyInstaller pyinstaller  pylab matplotlib
    pyLDAvis pyldavis  pylink pylink-square  pymesh pymesh2  pymol pymol-open-source
    pynvml nvidia-ml-py  PyPDF2 pypdf2  pypfopt pyportfolioopt  PyQt5 pyqt5  PyQt6 pyqt6
    pyRAPL pyrapl  pyrebase pyrebase4  pyro pyro-ppl  PySide2 pyside2  PySide6 pyside6
    PySimpleGUI pysimplegui  pyspiel open-spiel  pythoncom pywin32
    pythonjsonlogger python-json-logger  pythonosc python-osc  pytorch_grad_cam grad-cam
    pyVmomi pyvmomi  pywt pywavelets  pyximport cython  qlib pyqlib  QuantLib quantlib
    Quartz pyobjc-framework-quartz  quaternion numpy-quaternion  radiomics pyradiomics
    rapidjson python-rapidjson  readability readability-lxml  rest_framework djangorestframework
    retinaface retina-face  retro gym-retro  reverb dm-reverb  riskfolio riskfolio-lib
    RNA viennarna  rocksdb python-rocksdb  RPi rpi-gpio  rsciio rosettasciio  rsl_rl rsl-rl-lib
    rtmidi python-rtmidi  ruamel.yaml ruamel-yaml  SALib salib  samgeo segment-geospatial
    saml2 pysaml2  sass libsass  scikitplot scikit-plot  scvi scvi-tools  sedona apache-sedona
    seleniumwire selenium-wire  serial pyserial  serpapi google-search-results  shapefile pyshp
    simdjson pysimdjson  SimpleITK simpleitk  simtk openmm  skbio scikit-bio  skcuda scikit-cuda
    skfda scikit-fda  skfem scikit-fem  skfuzzy scikit-fuzzy  skimage scikit-image
    sklearn scikit-learn  sklearn_extra scikit-learn-extra  sklearnex scikit-learn-intelex
    skmultiflow scikit-multiflow  skmultilearn scikit-multilearn  sknetwork scikit-network
    sko scikit-opt  skopt scikit-optimize  skrf scikit-rf  skrules skope-rules
    sksparse scikit-sparse  skspatial scikit-spatial  sksurv scikit-survival  skvideo scikit-video
    sky skypilot  slack slackclient  slugify python-slugify  smbclient smbprotocol  smbus smbus2
    snappy python-snappy  snowflake.connector snowflake-connector-python
    snowflake.ml snowflake-ml-python  snowflake.snowpark snowflake-snowpark-python
    socketio python-socketio  socks pysocks  solcx py-solc-x  sonnet dm-sonnet  sparknlp spark-nlp
    SPARQLWrapper sparqlwrapper  speech_recognition speechrecognition  speedtest speedtest-cli
    spellchecker pyspellchecker  squirrel squirrel-core  st_aggrid streamlit-aggrid
    stable_whisper stable-ts  stan pystan  Stemmer pystemmer  stl numpy-stl
    streaming mosaicml-streaming  summarizer bert-extractive-summarizer  surprise scikit-surprise
    tabula tabula-py  talib ta-lib  taming taming-transformers  tap typed-argument-parser
    tape tape-proteins  tavily tavily-python  tdc pytdc  telebot pytelegrambotapi
    telegram python-telegram-bot  tensorboardX tensorboardx  tensorflow_models tf-models-official
    tensorflow_serving tensorflow-serving-api  testinfra pytest-testinfra  tlz toolz
    TorchCRF torchcrf  torchcrf pytorch-crf  torchgen torch  trec_car trec-car-tools  tree dm-tree
    TTS tts  turbojpeg pyturbojpeg  twitter python-twitter  ulid python-ulid  umap umap-learn
    unfoldNd unfoldnd  usb pyusb  usb1 libusb1  vaderSentiment vadersentiment
    vertexai google-cloud-aiplatform  vlc python-vlc  vtkmodules vtk  warp warp-lang
    weaviate weaviate-client  webdav3 webdavclient3  websocket websocket-client  webview pywebview
    whisper openai-whisper  whois python-whois  wikipediaapi wikipedia-api  win32api pywin32
    win32clipboard pywin32  win32com pywin32  win32con pywin32  win32event pywin32
    win32file pywin32  win32gui pywin32  win32process pywin32  win32service pywin32
    winpty pywinpty  wrf wrf-python  wx wxpython  xdg pyxdg  Xlib python-xlib  yaml pyyaml
    yaml_include pyyaml-include  yggdrasil_decision_forests ydf  z3 z3-solver  zmq pyzmq
    """
)
"""Import name → distribution on the Python package index, normalised as PEP 503 says."""
