"""``envboot notebook pack``: the environment into the notebook, and out of it again."""
