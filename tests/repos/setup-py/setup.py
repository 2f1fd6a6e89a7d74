import os

from setuptools import setup

if os.environ.get("NEVER"):
    raise SystemExit("setup.py was executed while it was looked at")
REQUIRED = ["six==1.16.0"]
setup(
    name="static",
    version="1.0",
    py_modules=["static"],
    python_requires=">=3.9",
    install_requires=REQUIRED + ["iniconfig==2.0.0"],
    extras_require={"more": open("more.txt").read().split() if os.path.exists("more.txt") else []},
)
