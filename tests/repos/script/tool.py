"""A script that names what it needs."""
# /// script
# requires-python = ">=3.9"
# dependencies = [
#     "six==1.16.0",
# ]
# ///

import six

print(six.__version__)
