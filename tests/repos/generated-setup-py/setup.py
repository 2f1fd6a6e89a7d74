from setuptools import setup

setup(name="notes", version="0", packages=[], py_modules=[])
