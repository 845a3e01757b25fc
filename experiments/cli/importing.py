"""``callsim import``: production configuration as a part of an experiment file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from experiments.cli.errors import WRONG, fail, reporting_errors

_EPILOG = """
Examples:

    callsim import resilience4j application.yml

    callsim import istio payment.yaml --out payment.part.yaml
"""


def register(app: typer.Typer) -> None:
    """Add the command ``import`` to the application."""
    app.command("import", epilog=_EPILOG)(import_)


def import_(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="resilience4j, istio, envoy or grpc.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Its configuration: YAML or JSON.")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write it there; never over a file.")
    ] = None,
) -> None:
    """Turn production configuration into the policies, calls and faults of an experiment file, with a warning for every
    key that has no counterpart."""
    with reporting_errors():
        from experiments.importing.converting import FORMATS, convert  # keeps `callsim --help` fast
        from simulator.spec.base import hint

        if kind not in FORMATS:
            fail(f"there is no format {kind!r}{hint(kind, FORMATS)}; there are: {', '.join(FORMATS)}", WRONG)
        imported = convert(kind, file)
        for warning in imported.warnings:
            print(f"warning: {warning}", file=sys.stderr)
        if out is None:
            print(imported.text, end="")
            return
        try:
            with out.open("x", encoding="utf-8") as stream:
                stream.write(imported.text)
        except FileExistsError:
            fail(f"{out} exists already and is left as it is", WRONG)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            fail(f"{out}: there is no folder {out.parent}", WRONG)
        print(f"wrote {out}")
