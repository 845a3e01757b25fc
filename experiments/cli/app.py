"""The application: all commands under one roof. Each command's module adds itself."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from experiments.cli import catalog, compare, importing, new, plan, replay, run, schema, validate
from experiments.results.manifest import callsim_version

app = typer.Typer(
    name="callsim",
    help="Simulates distributed calls and says what each communication style costs.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
"""The command line. Exit status: 0 done; 1 failed while running; 2 the file or the command line is wrong; 3 a check
did not hold."""


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"callsim {callsim_version()}")
        raise typer.Exit


@app.callback()
def _common(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Options of ``callsim`` itself."""


for _module in (run, plan, validate, compare, new, catalog, schema, replay, importing):
    _module.register(app)


def main() -> None:
    """Run the command line; the console script ``callsim``. Leaves by `SystemExit`."""
    try:
        app()
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has seen enough (`callsim catalog | head`). Python would complain at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
