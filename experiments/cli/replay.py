"""``callsim replay``: recorded decisions of a policy, played against callsim's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from experiments.cli.errors import UNMET, WRONG, fail, reporting_errors

if TYPE_CHECKING:
    from experiments.replay.cases import Case

_EPILOG = """
Examples:

    callsim replay incident.json

    callsim replay vectors.json --quiet

    callsim replay vectors.json --case r4j-min-calls --case polly-single-probe
"""


def register(app: typer.Typer) -> None:
    """Add the command ``replay`` to the application."""
    app.command("replay", epilog=_EPILOG)(replay)


def replay(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Recorded events, as JSON.")],
    case: Annotated[list[str] | None, typer.Option("--case", metavar="ID", help="Only this one. Repeatable.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Only what failed, and the summary.")] = False,
) -> None:
    """Play recorded events of breakers, rate limiters and adaptive limits: print each decision and where it differs."""
    with reporting_errors():
        from experiments.replay.cases import UnreadableReplay, read_cases  # keeps `callsim --help` fast
        from experiments.replay.playing import holds, play, summary
        from experiments.replay.report import lines

        try:
            played = play(_chosen(read_cases(file), case or [], str(file)), str(file))
        except UnreadableReplay as error:
            fail(str(error), WRONG)
            raise
        for entry in played:
            if not quiet or entry.verdict in ("failed", "unsupported"):
                print("\n".join(lines(entry)))
        print(summary(played))
        if not holds(played):
            raise typer.Exit(UNMET)


def _chosen(cases: list[Case], wanted: list[str], file: str) -> list[Case]:
    """The cases that were asked for; all where none was.

    Raises:
        UnreadableReplay: there is no such case.
    """
    from experiments.replay.cases import UnreadableReplay
    from simulator.spec.base import hint

    names = [case.name for case in cases]
    unknown = [f"{file}: there is no case {name!r}{hint(name, names)}" for name in wanted if name not in names]
    if unknown:
        raise UnreadableReplay("\n".join(unknown))
    return [case for case in cases if not wanted or case.name in wanted]
