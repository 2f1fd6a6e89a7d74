"""Computers that services lend, as far as their own documents say what they have.

Sources: GitHub ("Choosing the machine type for your codespace", "GitHub-hosted runners
reference"), Kaggle ("Notebooks", technical specifications), Binder ("Usage guidelines": 1 to 2 GB
of memory, a session of six hours or one hour of a core), Amazon ("Studio Lab components
overview"). Colab publishes no sizes: they are not known here.
"""

from __future__ import annotations

from dataclasses import replace

from envboot.machine import GIB, Machine

SIZES = {
    # cores, GiB of memory, GB of disk
    "codespaces-2core": (2, 8, 32),
    "codespaces-4core": (4, 16, 32),
    "codespaces-8core": (8, 32, 64),
    "codespaces-16core": (16, 64, 128),
    "codespaces-32core": (32, 128, 128),
    "github-ubuntu": (4, 16, 14),
    "github-windows": (4, 16, 14),
    "github-macos": (3, 7, 14),
    "kaggle": (4, 30, 20),
}
# Of a computer's disk or GPU nothing is said: None is what is not known.
BINDER = Machine("Linux", "x86_64", 1, "", memory=2 * 10**9, gpus=())
"""One core: no more is promised."""
STUDIO_LAB = Machine("Linux", "x86_64", 4, "", memory=16 * GIB, disk_free=15 * 10**9)
"""With an NVIDIA T4 where one is free, and the person asks for it."""


def sized(machine: Machine, name: str) -> Machine:
    """Return ``machine`` with the cores, the memory and the disk of one of :data:`SIZES`."""
    cores, memory, disk = SIZES[name]
    return replace(machine, cpus=cores, memory=memory * GIB, disk_free=disk * 10**9)


def linux(name: str) -> Machine:
    """Return one of :data:`SIZES` as a Linux computer; whether it has a GPU is not known."""
    return sized(Machine("Linux", "x86_64", 0, ""), name)
