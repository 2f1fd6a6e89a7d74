"""``python -m envboot``, and what runs when ``envboot.pyz`` itself is given to Python."""

from __future__ import annotations

import sys

if __name__ == "__main__":
    try:
        from envboot.cli import main

        sys.exit(main())
    except KeyboardInterrupt:  # before there was a command that could say so
        sys.exit(130)
