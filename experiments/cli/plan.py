"""``callsim plan``: what an experiment will be like, before anything is played."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from experiments.cli.errors import reporting_errors
from experiments.cli.options import File, Jobs, Overrides, Replications, Seed

if TYPE_CHECKING:
    from experiments.running.outlook import Outlook

_EPILOG = """
Examples:

    callsim plan shop.yaml

    callsim plan shop.yaml --set run.load=2 --variant saga

    callsim plan catalog:checkout --replications 5 --jobs 8

    callsim plan shop.yaml --json      (every variant and point, for programs)
"""


def register(app: typer.Typer) -> None:
    """Add the command ``plan`` to the application."""
    app.command("plan", epilog=_EPILOG)(plan)


def plan(
    file: File,
    variant: Annotated[
        list[str] | None, typer.Option("--variant", metavar="NAME", help="Plan this variant only. Repeatable.")
    ] = None,
    set_: Overrides = None,
    replications: Replications = None,
    seed: Seed = None,
    jobs: Jobs = None,
    as_json: Annotated[bool, typer.Option("--json", help="Everything as JSON.")] = False,
) -> None:
    """Say how loaded every service will be, how many runs there are, how long they take, and what is wrong with them.

    Plays a short piece of each variant (2 s in all) to know how long; writes nothing.
    """
    with reporting_errors():
        from experiments.asking import overrides_of  # keeps `callsim --help` fast
        from experiments.language import load
        from experiments.running.executor import available_cores
        from experiments.running.outlook import outlook
        from experiments.running.preparation import prepare

        document = load(file, overrides_of(set_ or [], replications, seed))
        prepared = prepare(document, variant or [])
        found = outlook(document, prepared, jobs=jobs or available_cores())
        warnings = [*map(str, document.warnings), *found.warnings]
        if as_json:
            _print_json(document.name, found, warnings)
        else:
            _print_table(document.name, found, warnings)


def _print_json(name: str, found: Outlook, warnings: list[str]) -> None:
    from experiments.running.outlook_tables import as_mapping

    print(json.dumps({"name": name, **as_mapping(found), "warnings": warnings}, indent=1, ensure_ascii=False))


def _print_table(name: str, found: Outlook, warnings: list[str]) -> None:
    from rich.console import Console

    from experiments.running.outlook_tables import facts_of, stations_of
    from reports.outlook import outlook_lines

    console = Console(highlight=False, soft_wrap=True)
    for part in outlook_lines(name, stations_of(found), facts_of(found), warnings):
        console.print(part)
