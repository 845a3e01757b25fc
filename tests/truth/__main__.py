"""``python -m tests.truth [PAGE] [--jobs N] [--only PATTERN]``: play the suite, print what comes, write the page.

Exits with 1 if anything disagrees. With ``--only`` (a pattern of model names, such as ``mm1*``) no page is written.
"""

from __future__ import annotations

import argparse
import fnmatch
import sys
from pathlib import Path

from tests.truth.judging import Judged
from tests.truth.page import page, shown
from tests.truth.session import play_all
from tests.truth.suite import MODELS

EVERYTHING = "*"


def main() -> int:
    options = _options()
    names = [name for name in MODELS if fnmatch.fnmatch(name, options.only)]
    found: dict[str, list[Judged]] = {}
    for name, (judged, seconds) in play_all(names, options.jobs):
        found[name] = judged
        print(f"{name} ({len(found)} of {len(names)}, {seconds:.1f} s)", flush=True)
        for one in judged:
            print(f"  {shown(one)}", flush=True)
    if options.page is not None and options.only == EVERYTHING:
        options.page.write_text(page(found), encoding="utf-8")
    wrong = [one for judged in found.values() for one in judged if not one.agrees]
    print(f"{sum(map(len, found.values()))} comparisons, {len(wrong)} that do not agree")
    for one in wrong:
        print(f"  {shown(one)}")
    return 1 if wrong else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.truth", description=__doc__)
    parser.add_argument("page", nargs="?", type=Path, help="where the page is written, docs/validation.md")
    parser.add_argument("--jobs", type=int, default=2, help="processes; each plays one model at a time")
    parser.add_argument("--only", default=EVERYTHING, help="a pattern of model names")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
