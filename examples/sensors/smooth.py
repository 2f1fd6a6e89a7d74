"""Smooth a series of sensor readings: `python smooth.py 3 1 4 1 5 9 2 6`."""

import click
import numpy as np


@click.command()
@click.argument("readings", nargs=-1, type=float)
@click.option("--window", default=3, show_default=True, help="How many readings to average.")
def main(readings, window):
    """Print the moving average of READINGS."""
    kernel = np.ones(window) / window
    for value in np.convolve(readings, kernel, mode="valid"):
        click.echo(f"{value:.3f}")


if __name__ == "__main__":
    main()
