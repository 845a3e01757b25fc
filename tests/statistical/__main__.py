"""``python -m tests.statistical [PAGE] [--jobs N]``: measure the coverage of intervals, print it, write the page."""

from __future__ import annotations

import argparse
from pathlib import Path

from tests.statistical.covering import EXPERIMENTS, measured
from tests.statistical.page import page


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.statistical", description=__doc__)
    parser.add_argument("page", nargs="?", type=Path, help="where the page is written, docs/statistics/coverage.md")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    options = parser.parse_args()
    text = page(measured(EXPERIMENTS, options.jobs))
    print(text)
    if options.page is not None:
        options.page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
