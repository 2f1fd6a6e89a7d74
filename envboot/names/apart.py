"""Import names that no table of distributions may decide alone: shared, brought by a host, false.

Curated by hand. Each set says what is done instead.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


NAMESPACES = _words(
    """
    ansys autogluon aws_cdk azure azure.ai azure.cognitiveservices azure.cognitiveservices.vision
    azure.iot azure.keyvault azure.mgmt azure.monitor azure.storage azureml backports databricks
    flufl google google.ads google.ai google.analytics google.cloud jaraco keyrings llama_index
    llama_index.embeddings llama_index.llms llama_index.vector_stores megatron mpl_toolkits nvidia
    openff opentelemetry opentelemetry.exporter opentelemetry.instrumentation pyannote ruamel
    scikits snowflake sphinxcontrib zope
    """
)
"""Packages that several distributions share: their own import proves nothing (PEP 420)."""

HOSTED = _words(
    """
    adsk arcgisscripting arcpy bpy bpy_extras bpy_types bmesh c4d cv_bridge dbutils
    dynamic_reconfigure geometry_msgs google.appengine google.colab gazebo_msgs hou js
    kaggle_datasets kaggle_secrets kaggle_web_client launch_ros lldb mathutils maya message_filters
    micropip nav_msgs nuke ostap pyodide pyodide_js rclpy ros_numpy rosbag roslib rospkg rospy
    sensor_msgs std_msgs std_srvs tf2_geometry_msgs tf2_ros trajectory_msgs unreal
    visualization_msgs
    """
)
"""Modules that a host program brings and no installer can: code runs there, or does without."""

NAMESAKES = _words(
    """
    adet alphafold apex bert clip daft deep_sort deeplab dllogger glow gluoncv2 guided_diffusion
    gutenberg gym_carla habitat helm indicnlp keras_contrib lava ldm learntools lit_gpt magnum mate
    mava mesh_transformer modulus nerf nest object_detection openfold pesto pointnet2 pybel pytorch
    ranger rlkit shogun slowfast spektra stylegan2 tmap torchserve vamp vggish xlnet yolox_utils
    zeus
    """
)
"""The index has, or may get, a distribution of that name; it is not what code means by it.

What code means is another repository, or one of several distributions: nobody is asked but a
person. A name that the tables map to its true distribution (``tree`` → dm-tree) does not stand
here.
"""

LOCAL = _words(
    """
    actions agent agents api app args attention augment augmentation augmentations aux backbone
    backbones base baseline batch benchmark benchmarks bin blocks board build builder callbacks
    camera cfg checkpoint classifier cli client code collate commands common conf config configs
    configuration configure const constant constants context controller convert core crawler data
    database data_loader data_utils dataloader dataloaders dataset dataset_utils datasets_utils db
    debug decoder defaults demo demos detect detection detector dev device discriminator dist
    download draw embedding encoder engine entities env environment environments envs error errors
    eval evaluation evaluator evaluators event events example examples exception exceptions
    experiment experiments export exporter extract extractor features file files filters flags
    forms func function functions game generate generator geometry global globals gpu graph handler
    handlers head heads helper helpers hooks hparams image images index inference info init inputs
    interface io_utils job jobs kernel kernels labels launch launcher layer layers learner lib libs
    loader loaders local log logger loggers logging_utils loss losses main manage manager mappings
    math_utils memory menu meta metric metrics misc mixins mode model model_utils modeling models
    module modules net nets network networks neural new nn node nodes notebooks ops opt optim
    optimization optimizer optimizers options opts output outputs params parsers patches paths
    pipeline pipelines plot plots plotting plugin plugins policies policy postprocess predict
    prediction predictor prepare preprocess preprocessing preprocessor process processing processor
    processors project prompts proto python query readers recipes registry render renderer
    reporting request requirements research resources results reward run runner runners sample
    sampler samplers samples sampling schemas scheduler schedulers score scoring script scripts
    search serve server service services session settings setup share simulation simulator solver
    source sources src start state static stats storage store stream submit system table task tasks
    template templates test test_utils testing tests text tokenization tokenizer tool tools
    topology track tracker tracking train train_utils trainer trainers training transform
    transformer transforms tuner tutorials update user users util utilities utility utils validate
    validation validator values var version video view views vis visualise visualization visualize
    visualizer vocab web weights worker workers wrapper wrappers writer
    """
)
"""Words that repositories call their own modules: a distribution of that name is not meant."""

WORDS = _words(
    """
    adapters anchor arcade arch art avalanche awkward bottle box cairo camel chess clipboard cog
    colour comet community composer connector constraint contractions control corner crp crypto
    curl darts datasets delta elephant escher evaluate evidently factory faker feast fire fitz
    flags flair flatland functional gin graph guidance h3 hail haystack higher hydra ignite
    imitation instructor interpret invoke iris kernel lance lightning lime magic mango marvin metis
    modal mode moses mouse multipart nets neuron official orbit ot outlines palantir pattern phi
    phoenix progress pulp rake redo reverb rising river rouge schema serial shap sky smarts sonnet
    split squirrel streaming supervision surprise synonyms tables tap tape tobias together toml
    trains tree triton trl twitter warp whisper zmq
    """
)
"""Distributions that are called by a plain word: a module of that name nearby is the likelier."""
