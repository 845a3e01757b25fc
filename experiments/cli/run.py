"""``callsim run``: play an experiment, print the comparison, leave a results folder."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from experiments.cli.errors import FAILED, INTERRUPTED, UNMET, fail, internal_error, reporting_errors, system_error
from experiments.cli.options import File, Jobs, Overrides, Replications, Seed

if TYPE_CHECKING:
    from experiments.language import Document
    from experiments.running.preparation import Prepared
    from experiments.running.session import Played
    from reports.evidence import Evidence

_EXAMPLES = """
Examples:

    callsim run checkout.yaml

    callsim run catalog:checkout --replications 5 --out /tmp/checkout

    callsim run checkout.yaml --variant sync --variant saga --seed 7

    callsim run checkout.yaml --set services.payments.workers=32

    callsim run mm1.yaml --set run.warmup=auto

    callsim run mm1.yaml --set 'run.replications={until: {metric: latency_p99, half_width: 5%}}'

    callsim run mm1.yaml --replications 50 --first-replication 100      (100 to 149: a part of a longer run)

    callsim run checkout.yaml --no-page --check
"""


def register(app: typer.Typer) -> None:
    """Add the command ``run`` to the application."""
    app.command("run", epilog=_EXAMPLES)(run)


def run(
    file: File,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Results folder. Default: results/NAME.")
    ] = None,
    variant: Annotated[
        list[str] | None, typer.Option("--variant", metavar="NAME", help="Play this variant only. Repeatable.")
    ] = None,
    set_: Overrides = None,
    replications: Replications = None,
    first_replication: Annotated[
        int, typer.Option("--first-replication", metavar="K", min=0, help="Number of the first replication.")
    ] = 0,
    seed: Seed = None,
    jobs: Jobs = None,
    check: Annotated[bool, typer.Option("--check", help="Exit status 3 if an objective is missed.")] = False,
    no_page: Annotated[bool, typer.Option("--no-page", help="No charts and no report.html: data only.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace earlier results.")] = False,
) -> None:
    """Play an experiment: print a comparison, and write data, charts and a page into a results folder."""
    with reporting_errors():
        from experiments.asking import overrides_of, results_name  # keeps `callsim --help` fast
        from experiments.language import load
        from experiments.results.folder import check_place
        from experiments.running.preparation import prepare

        document = load(file, overrides_of(set_ or [], replications, seed))
        target = out or Path("results") / results_name(document.name)
        check_place(target, overwrite=overwrite)
        command = command_line(file, variant or [], set_ or [], replications, seed, first_replication)
        prepared = prepare(document, variant or [], command, first=first_replication)
        played = _play(document, prepared, target, jobs, overwrite=overwrite, page=not no_page)
        if check:
            _check(document, played)


def command_line(
    file: str,
    variants: Sequence[str],
    overrides: Sequence[str],
    replications: int | None,
    seed: int | None,
    first: int = 0,
) -> str:
    """Return the command that plays the same again, fit to be pasted into a shell."""
    words = ["callsim", "run", file]
    words += [word for name in variants for word in ("--variant", name)]
    words += [word for override in overrides for word in ("--set", override)]
    words += [] if replications is None else ["--replications", str(replications)]
    words += [] if seed is None else ["--seed", str(seed)]
    words += ["--first-replication", str(first)] if first else []
    return shlex.join(words)


def _play(
    document: Document, prepared: Prepared, target: Path, jobs: int | None, *, overwrite: bool, page: bool
) -> Played:
    from experiments.running.executor import available_cores
    from experiments.running.forewarnings import forewarnings
    from experiments.running.progress import progress_bar
    from experiments.running.session import play
    from experiments.running.showing import show

    for warning in (*document.warnings, *forewarnings(prepared)):
        print(f"warning: {warning}", file=sys.stderr)

    shown: list[Evidence] = []
    with progress_bar() as watch:
        played = play(
            prepared,
            target,
            jobs=jobs or available_cores(),
            overwrite=overwrite,
            watch=watch,
            show=lambda folder: shown.append(show(folder, page=page)),
        )
    _report(played, shown, page=page)
    return played


def _report(played: Played, shown: Sequence[Evidence], *, page: bool) -> None:
    """Print the comparison and where the results are, or what is missing from them.

    Raises:
        typer.Exit: the data are there, but not all that should be made from them.
    """
    from rich.console import Console

    from experiments.running.showing import PAGE
    from reports.terminal import terminal_table

    console = Console()
    for evidence in shown:
        for part in terminal_table(evidence):
            console.print(part)
    error = played.show_error
    if isinstance(error, KeyboardInterrupt):
        fail(f"interrupted; the data are complete, the page is not: {played.folder}", INTERRUPTED)
    if error is not None:
        reason = system_error(error) if isinstance(error, OSError) else internal_error(error)
        fail(f"the data are complete in {played.folder}, but not what is made from them: {reason}", FAILED)
    print(f"\nresults: {played.folder}" + (f"\npage:    {played.folder / PAGE}" if page else ""))


def _check(document: Document, played: Played) -> None:
    asked = set(document.check.variants)
    rows = [row for row in played.objectives if not asked or row.variant in asked]
    if not rows:
        print("warning: --check has no objective to check", file=sys.stderr)
    failing = {"missed", "undecided"} if document.check.undecided == "fail" else {"missed"}
    unmet = [row for row in rows if row.verdict in failing]
    for row in unmet:
        place = f"{row.variant}{f' at {row.point}' if row.point else ''}, {row.phase}"
        figure = f"{row.operation} {row.metric}: {row.mean:.6g}, bound {row.bound:g}"
        print(f"{row.verdict}: {place}: {figure}", file=sys.stderr)
    if unmet:
        fail(f"check: {len(unmet)} of {len(rows)} objectives do not hold", UNMET)
