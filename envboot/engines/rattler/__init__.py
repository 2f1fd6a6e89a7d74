"""envboot's own conda engine: a conda environment without conda, through py-rattler.

This module is what the family sees: it looks and plans. The work is done by a child,
``python -m envboot.engines.rattler ORDER``, started with a Python that py-rattler runs on, so that
a native crash, its logs and Ctrl-C behave as with any program.
"""
