"""``python -m envboot``, and what runs when ``envboot.pyz`` itself is given to Python."""

from __future__ import annotations

import sys

from envboot.cli import main

if __name__ == "__main__":
    sys.exit(main())
