"""Arguments and options that several commands have: one name, one help text, one check."""

from __future__ import annotations

from typing import Annotated

import typer

File = Annotated[str, typer.Argument(metavar="FILE", help="Experiment file, or catalog:NAME.")]
Overrides = Annotated[
    list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Change a value of the file. Repeatable.")
]
Replications = Annotated[
    int | None, typer.Option("--replications", metavar="N", min=1, help="Runs per variant and point.")
]
Seed = Annotated[int | None, typer.Option("--seed", metavar="S", min=0, help="Seed of all chance.")]
Jobs = Annotated[int | None, typer.Option("--jobs", metavar="N", min=1, help="Processes. Default: all cores.")]
