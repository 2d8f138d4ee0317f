"""The entry: `python dashboard.py` starts the server, which runs this file for each page.

See docs/decisions/0006.
"""

from __future__ import annotations

import sys
from pathlib import Path

from streamlit import runtime


def main(first: str = "overview") -> None:
    """Draw the page that the address names, or ``first``."""
    from pages.common.frame import draw  # not before the server listens: its imports take a second

    draw(first)


if __name__ == "__main__":
    if runtime.exists():
        main()
    else:
        from pages.entrance.serving import serve

        serve(Path(__file__), sys.argv[1:])
