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
    actions agent agents api app app_utils area args assets attention attention_layer augment
    augmentation augmentations auth aux backbone backbones backends backtest balance base baseline
    batch bench benchmark benchmarks bin binary blob blocks board bot bots build builder bunch
    cache calc callbacks camera case cfg chat checklist checkpoint cifar cifar10 classes classifier
    cli client climate closure cluster cnn coco code collate color colored colormap colormaps
    commands common compat computer concepts conf config configs configuration configure console
    const constant constants consts container context controller convert cookies core counter
    crawler criterion cursor curves data data_loader data_utils database databases dataconf
    dataloader dataloaders dataset dataset_loader dataset_utils datasets_utils dates db debug
    debugger decoder defaults demo demos detect detection detector dev device diff dims
    discriminator display dist distances doc done dos download dqn draw drawing driver drivers
    dummy dynamics echo editor elements emails embedding encoder engine english ensemble entities
    entity env environ environment environments envs epoch epochs equations error errors escape
    eval evaluation evaluator evaluators event events example examples excel exception exceptions
    experiment experiments export exporter extract extractor extras faces features fields file
    file_utils files filters fit flag flags flow focus folder folders font fonts format formats
    forms forum forward frame frames func function functions fusion game games gan garden gen
    generate generator geo geometry global globals glue gpu graph graphs grid groups gui hand
    handler handlers hash head heads heat helper helpers hooks hparams hybrid hyper hyperparams
    image image_utils imagenet images index inference info init input inputs instance instances
    interface inventory io_utils item items iterator iterators job jobs kernel kernels key keys lab
    labels language launch launcher layer layers layout learner level levels lexer lib libs line
    lines link links lists load loader loaders local locations log logger loggers logging_utils
    lookup loop loss losses lstm machine main manage manager map mappings maps marker market mask
    masks mass match math_utils matrix meas mechanics memory menu merge meta metadata methods
    metric metrics migrate misc mixer mixins mlp mnist mode model model_utils modeling models
    module modules money movie multi namer names net nets network networks neural new nn node nodes
    normal normalize notebooks notes num objects ode office operators ops opt optim optimization
    optimizer optimizers options opts order orders output outputs pack page pages parallel param
    params parse parsers parts password patches path paths patterns people persist person physics
    pick picture pipeline pipelines player players plot plot_utils plots plotting plugin plugins
    points policies policy pool portfolio pose post postprocess ppo predict prediction predictor
    prepare preprocess preprocessing preprocessor prob problem problems process processing
    processor processors profiler program project prompts proto pull python query quest question
    questions range rank ranking ranks ratio reader readers recipes record recorder records reg
    region regions registry regress relations render renderer report reporting reports repository
    request require requirements research resnet resolver resources rest result results review
    reward rewards rnn robot robots roles room root roots rotation router routes rule rules run
    runner runners safe sample sampler samplers samples sampling save scale scan scenario scene
    scenes schedule scheduler schedulers schemas scope score scores scoring screen script scripts
    search sections seed segment segments selection sensor sensors sequence sequences serve server
    server_utils service services session settings setup shape shapes share shared show signals
    simple simulate simulation simulator size sketch skip slice smooth snake social solver sort
    sound source sources spaces spec specs spectrum speech splits sprites sql src stage start state
    states static station stats status stop storage store strategy stream stream_utils strings
    structs structure structures style styles submit subset summary support surface switch symbols
    sync syntax system table tag tags target targets task tasks template templates tempo term terms
    test test_utils testing tests text text_utils theme tick timeout timer timers times timing
    title tokenization tokenizer tokens tool tools topic topics topology toy traces track tracker
    trackers tracking trade trader train train_utils trainer trainers training trajectory transform
    transformer transforms translate translation tries truth tuner turn tutorials ui unet3d uni
    unit units update upload url urls user users util utilities utility utils vae validate
    validation validator value values var vector vectors vehicle verify version vgg video
    video_utils view views vis visualise visualization visualize visualizer voc vocab voice volume
    waves weather web week weights window words work worker workers world wrapper wrappers write
    writer yolo zone zones
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
