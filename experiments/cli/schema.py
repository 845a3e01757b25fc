"""``callsim schema``: the JSON Schema of the experiment file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments.cli.errors import reporting_errors

_EPILOG = """
Examples:

    callsim schema --out callsim.schema.json

An editor with a YAML language server then completes and checks a file that begins with

    # yaml-language-server: $schema=callsim.schema.json
"""


def register(app: typer.Typer) -> None:
    """Add the command ``schema`` to the application."""
    app.command("schema", epilog=_EPILOG)(schema)


def schema(
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write it there, not to the screen.")
    ] = None,
) -> None:
    """Print the JSON Schema of experiment files, for editors that complete and check."""
    with reporting_errors():
        from experiments.language.schema import schema_text  # keeps `callsim --help` fast

        text = schema_text()
        if out is None:
            print(text, end="")
            return
        out.write_text(text, encoding="utf-8")
        print(f"wrote {out}")
