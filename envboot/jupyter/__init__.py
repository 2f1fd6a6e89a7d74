"""envboot inside a Jupyter server: the hook at every save, the page, the REST handler.

Enabled by installing envboot: ``etc/jupyter/jupyter_server_config.d/envboot.json``. Needs the extra
``envboot[jupyter]``; it is no part of the archive that travels in repositories.
"""
