"""Which variables and values are never written: both ways, in tables."""

from __future__ import annotations

import random
import string
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envboot.secrecy import why_secret

# Made up here, so that nothing in this file is, or looks like, anybody's.
_DICE = random.Random(20)  # noqa: S311 - the same on every run
_BASE62 = string.ascii_letters + string.digits


def drawn(alphabet, length):
    return "".join(_DICE.choice(alphabet) for _ in range(length))


@pytest.mark.parametrize(
    "name",
    [
        "HF_TOKEN",
        "GITHUB_TOKEN",
        "DB_PASSWORD",
        "PGPASSWORD",
        "dbpassword",
        "MYSQL_PWD",
        "DB_PASS",
        "SECRET",
        "django_secret_key",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "OPENAI_API_KEY",
        "OPENAI_APIKEY",
        "apiKey",
        "WANDB_API_KEY",
        "KAGGLE_KEY",
        "GOOGLE_APPLICATION_CREDENTIALS",
        "SSH_PRIVATE_KEY",
        "SESSION_COOKIE",
        "BASIC_AUTH",
        "MYTOKEN",
        "SENTRY_DSN",
    ],
)
def test_a_name_that_says_so(name):
    why = why_secret(name, "harmless")
    assert why == f"its name, {name}, says that it is a secret"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KEYBOARD", "us"),
        ("MONKEY", "see"),
        ("TURKEY_REGION", "izmir"),
        ("PATH", "/usr/bin:/bin"),
        ("PWD", "/srv/repo"),
        ("OLDPWD", "/srv"),
        ("TOKENIZERS_PARALLELISM", "false"),
        ("MAX_TOKENS", "4096"),
        ("TOKEN_LIMIT", "8192"),
        ("USE_AUTH", "yes"),
        ("SSH_AUTH_SOCK", "/run/agent.sock"),
        ("PASSWORD_MIN_LENGTH", "12"),
        ("SECRETARY", "someone"),
        ("COMPASS", "north"),
        ("KEY_COLUMN_NAME", "id"),
        ("AUTHOR", "someone"),
        ("", ""),
        ("LANG", "en_GB.UTF-8"),
        ("CUDA_VISIBLE_DEVICES", "0,1"),
        ("DATA_DIR", "/srv/data/2024-06-01/images_512x512_v2_final"),
        ("MODEL", "meta-llama/Llama-3.1-8B-Instruct"),
        ("MODEL_PATH", "models/bert-base-uncased/checkpoint-1000/pytorch_model.bin"),
        ("BASE", "cuda12.1-cudnn8-py311-ubuntu22.04-devel"),
        ("ENDPOINT", "https://api.example.org/v2/models/resnet50?batch=16"),
        ("REPOSITORY", "git@github.com:example/project.git"),
        ("REMOTE", "ssh://git@example.org/project.git"),
        ("MLFLOW_TRACKING_URI", "postgresql://ann@localhost:5432/experiments"),
        ("HF_BACKEND", "hf_transfer"),
        ("LIBRARY", "sk-learn-contrib"),
        ("CLASS", "MyVeryLongClassNameForTestingPurposes"),
        ("MESSAGE", "the quick brown fox jumps over the lazy dog"),
        ("COMMIT_SHA", "0123456789abcdef0123456789abcdef01234567"),
        ("DIGEST", "sha256:" + "0123456789abcdef" * 4),
        ("WHEEL", "https://example.org/a.whl#sha256=" + "0123456789abcdef" * 4),
        ("SOURCE", "git+https://example.org/a.git@" + "0123456789abcdef" * 2 + "01234567"),
        ("RUN_ID", "3f2b8c1e-9d4a-4b6f-8e7c-5a1d2b3c4d5e"),
        ("ROLE", "arn:aws:iam::123456789012:role/Trainer"),
        ("WHEN", "2024-01-01T00:00:00+00:00"),
        ("NUMBERS", "3.14159265358979323846264338327950288"),
        ("FLAGS", "-O3 -march=native -DNDEBUG -fno-omit-frame-pointer"),
        ("XLA_FLAGS", "--xla_gpu_cuda_data_dir=/usr/local/cuda-12.4 --xla_force_host=8"),
        ("LS_COLORS", "rs=0:di=01;34:ln=01;36:mh=00:pi=40;33:so=01;35:do=01;35"),
    ],
)
def test_what_may_be_written(name, value):
    assert why_secret(name, value) == ""


@pytest.mark.parametrize(
    "value",
    [
        "ghp_" + drawn(_BASE62, 36),
        "github_pat_" + drawn(_BASE62, 60),
        "sk-" + drawn(_BASE62, 48),
        "sk_live_" + drawn(_BASE62, 24),
        "hf_" + drawn(_BASE62, 34),
        "xoxb-" + drawn(string.digits, 12) + "-" + drawn(_BASE62, 24),
        "glpat-" + drawn(_BASE62, 20),
        "AKIA" + drawn(string.ascii_uppercase + string.digits, 16),
        "AIza" + drawn(_BASE62, 35),
        "eyJ" + drawn(_BASE62, 30) + ".eyJ" + drawn(_BASE62, 60) + "." + drawn(_BASE62, 43),
        "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\nAAAA",
        "postgresql://ann:hunter2@db.example.org/experiments",
        "https://" + drawn("0123456789abcdef", 32) + "@sentry.example.org/1",
        "https://conda.example.org/t/aa-12345678-1234/channel",
        "Server=db.example.org;Uid=ann;Pwd=hunter2hunter2;",
        "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=aGVsbG8gd29ybGQ=;",
        "https://store.example.org/blob?sv=2024&sig=abcdefghijkl",
        "user=ann password=hunter2",
        "Bearer " + drawn(_BASE62, 24),
    ],
)
def test_a_value_with_the_form_of_one(value):
    why = why_secret("SETTING", value)
    assert why == "its value has the form of a token, of a key, or of an address with a password"


@pytest.mark.parametrize(
    "value",
    [
        drawn(_BASE62, 32),
        drawn(_BASE62 + "+/", 40),
        drawn(_BASE62 + "-_", 43),
        drawn("0123456789abcdef", 40),
        drawn("0123456789abcdef", 64),
        drawn(string.ascii_lowercase + string.digits, 40),
        str(uuid.UUID(int=_DICE.getrandbits(128), version=4)),
        "the value is " + drawn(_BASE62, 32) + ", keep it",
        "https://example.org/callback/" + drawn(_BASE62, 40),
    ],
)
def test_a_value_that_looks_random(value):
    assert why_secret("SETTING", value) == "its value looks random, as keys and tokens do"


def test_nearly_every_random_text_is_noticed():
    seen = [why_secret("SETTING", drawn(_BASE62, 32)) for _ in range(500)]
    assert sum(map(bool, seen)) >= 490
    seen = [why_secret("SETTING", drawn("0123456789abcdef", 40)) for _ in range(500)]
    assert sum(map(bool, seen)) >= 495


@given(st.text(), st.text())
def test_it_answers_whatever_it_is_asked(name, value):
    why = why_secret(name, value)
    assert why == "" or "\n" not in why.replace(name, "")


@given(st.from_regex(r"[A-Z]{1,8}_(TOKEN|PASSWORD|API_KEY)", fullmatch=True), st.text(min_size=8))
def test_the_value_is_never_said(name, value):
    why = why_secret(name, value)
    assert why
    assert value.strip() in {"", *name.split()} or value not in why.replace(name, "")
