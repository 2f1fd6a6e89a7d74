from setuptools import setup

setup(name="workbench", version="1.0", py_modules=["workbench"], install_requires=["six==1.16.0"])
