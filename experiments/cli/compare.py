"""``callsim compare``: two results folders of the same experiment, before and after a change."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from experiments.cli.errors import UNMET, WRONG, fail, reporting_errors

if TYPE_CHECKING:
    from experiments.results.comparing import Changed
    from experiments.results.reading import Results
    from reports.compared import Side

_EPILOG = """
Examples:

    callsim run shop.yaml --out before

    callsim run shop.yaml --out after --set services.desk.workers=3

    callsim compare before after

    callsim compare before after --check             (status 3 if something got significantly worse)

    callsim compare before after --out changes.csv   (every figure, with the columns of comparisons.csv)

With the same seed in both, replications are compared one by one on the same random numbers, which sees far smaller
differences than two seeds do.
"""


def register(app: typer.Typer) -> None:
    """Add the command ``compare`` to the application."""
    app.command("compare", epilog=_EPILOG)(compare)


def compare(
    before: Annotated[Path, typer.Argument(metavar="DIR_A", help="Results folder from before the change.")],
    after: Annotated[Path, typer.Argument(metavar="DIR_B", help="Results folder from after it: the one judged.")],
    check: Annotated[bool, typer.Option("--check", help="Exit status 3 if something got significantly worse.")] = False,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE.csv", help="Write every figure there.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace FILE.csv.")] = False,
) -> None:
    """Compare two results folders of the same experiment: what got worse, what got better, and how sure that is."""
    with reporting_errors():
        if out is not None:
            _check_place(out, overwrite=overwrite)
        found = _compared(_results(before), _results(after))
        for line in _lines(found):
            print(line)
        if out is not None:
            found.save(out)
            print(f"\nwritten: {out}")
        if check:
            _check(found)


def _check_place(out: Path, *, overwrite: bool) -> None:
    """Refuse a place where the table cannot be written, before anything is compared.

    Raises:
        typer.Exit: it cannot.
    """
    if out.is_dir():
        fail(f"{out}: is a folder; give --out the name of a file", WRONG)
    if out.exists() and not overwrite:
        fail(f"{out} exists already; --overwrite replaces it", WRONG)
    if not out.parent.is_dir():
        fail(f"{out}: there is no folder {out.parent}; make it first, or name a file in one that is there", WRONG)


def _results(folder: Path) -> Results:
    from experiments.results.reading import Results

    try:
        return Results(folder)
    except FileNotFoundError as error:
        fail(str(error), WRONG)


def _compared(before: Results, after: Results) -> Changed:
    from experiments.results.comparing import NotComparable, changed  # keeps `callsim --help` fast

    try:
        return changed(before, after)
    except NotComparable as error:
        fail(str(error), WRONG)


def _lines(found: Changed) -> list[str]:
    from reports.compared import compared_lines

    sides = _side(found.before), _side(found.after)
    name = str(found.after.manifest.get("name", ""))
    return list(compared_lines(name, *sides, found.table(), found.differing, found.apart, found.resolution))


def _side(results: Results) -> Side:
    from reports.compared import Side

    manifest = results.manifest
    version = str(manifest.get("versions", {}).get("callsim", "unknown"))
    seed, first = str(manifest.get("seed", "unknown")), manifest.get("first_replication", 0)
    return Side(str(results.folder), version, seed, manifest["replications"], first)


def _check(found: Changed) -> None:
    """Leave with status 3 if something got worse.

    Raises:
        typer.Exit: something did.
    """
    from reports.compared import missing_lines, name_of

    tested = [row for row in found.rows if row.tested]
    if not tested:
        print("warning: --check has no figure to check", file=sys.stderr)
    elif found.members and max(row.used for row in found.members) < 2:
        print("warning: --check can see nothing with a single replication on a side", file=sys.stderr)
    for line in missing_lines(found.missing):
        print(f"warning: {line}", file=sys.stderr)
    for row in found.worse:
        print(f"worse: {name_of(row)}: {row.before:.6g} before, {row.after:.6g} after", file=sys.stderr)
    if found.worse:
        fail(f"check: {len(found.worse)} of {len(tested)} tested figures got significantly worse", UNMET)
