"""Stands in for a model that does not fit on a laptop."""

import numpy as np


def main():
    """Print a line of text, as the real thing would."""
    rng = np.random.default_rng(0)
    print(" ".join(rng.choice(["the", "model", "is", "too", "big"], 8)))


if __name__ == "__main__":
    main()
