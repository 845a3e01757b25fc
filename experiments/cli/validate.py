"""``callsim validate``: check an experiment without playing it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from experiments.cli.errors import reporting_errors
from experiments.cli.options import File, Overrides

if TYPE_CHECKING:
    from experiments.language import Document
    from simulator.spec.run import RunSpec

_EPILOG = """
Examples:

    callsim validate shop.yaml

    callsim validate shop.yaml --resolved      (every edge's policies, each key with the line that it came from)

    callsim validate catalog:checkout --set services.payments.workers=32
"""


def register(app: typer.Typer) -> None:
    """Add the command ``validate`` to the application."""
    app.command("validate", epilog=_EPILOG)(validate)


def validate(
    file: File,
    resolved: Annotated[bool, typer.Option("--resolved", help="Print every edge's policies and their lines.")] = False,
    set_: Overrides = None,
) -> None:
    """Check an experiment, every variant and sweep point included, and report every mistake at once."""
    with reporting_errors():
        from experiments.language import load  # keeps `callsim --help` fast

        document = load(file, set_ or [])
        for warning in document.warnings:
            print(f"warning: {warning}", file=sys.stderr)
        print(document.resolved if resolved else summary(file, document), end="" if resolved else "\n")


def summary(file: str, document: Document) -> str:
    """Return one line that says what a valid experiment would play."""
    parts = [_count(len(document.variants), "variant")]
    if document.axes:
        parts.append(_count(len(document.points), "sweep point"))
    parts.append(_replications(document.run))
    parts.append(_count(len(document.objectives), "objective"))
    return f"{file}: valid: {', '.join(parts)}"


def _replications(run: RunSpec) -> str:
    rule = run.stopping
    return _count(run.first_round, "replication") if rule is None else f"{run.first_round} to {rule.max} replications"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
