"""``callsim catalog``: the experiments that ship."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from experiments import catalog
from experiments.cli.errors import WRONG, fail, reporting_errors

_commands = typer.Typer(help="The experiments that ship: list, show or copy them. FILE may be catalog:NAME everywhere.")


def register(app: typer.Typer) -> None:
    """Add the command ``catalog`` with its own commands to the application."""
    app.add_typer(_commands, name="catalog")


@_commands.callback(invoke_without_command=True)
def _default(context: typer.Context) -> None:
    """The experiments that ship: list, show or copy them. FILE may be catalog:NAME everywhere."""
    if context.invoked_subcommand is None:
        list_()


@_commands.command("list")
def list_() -> None:
    """List every experiment with what it is for."""
    with reporting_errors():
        names = catalog.names()
        width = max(len(name) for name in names)
        for name in names:
            print(f"{name:{width}}  {catalog.purpose(name)}".rstrip())


@_commands.command("show")
def show(name: Annotated[str, typer.Argument(metavar="NAME")]) -> None:
    """Print an experiment."""
    with reporting_errors():
        print(_text(name), end="")


@_commands.command("copy")
def copy(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    destination: Annotated[
        Path | None, typer.Argument(metavar="[DEST]", help="File or folder. Default: NAME.yaml here.")
    ] = None,
) -> None:
    """Copy an experiment, with the fragments that it includes, to begin with."""
    with reporting_errors():
        text = _text(name)
        target = destination or Path(f"{name}.yaml")
        target = target / f"{name}.yaml" if target.is_dir() else target
        files = {target: text}
        files |= {target.parent / part: content for part, content in catalog.fragments(name).items()}
        for file in files:
            if file.exists():
                fail(f"{file} exists already and is left as it is", WRONG)
        for file, content in files.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, encoding="utf-8")
            print(f"wrote {file}")


def _text(name: str) -> str:
    """The experiment's text; an unknown name ends the command.

    Raises:
        typer.Exit: the catalog has no such experiment.
    """
    try:
        return catalog.text(name.removeprefix(catalog.PREFIX))
    except KeyError as error:
        fail(str(error.args[0]), WRONG)
        raise
