"""The experiments that ship, shortened to some seconds with one fault after the other, and what their runs leave."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from experiments import catalog
from experiments.language import Document, load
from experiments.running.preparation import prepare
from experiments.running.session import play
from simulator.results import RunResult
from tests.support import columns_of

SHIPPED = [name for name in catalog.names() if name not in ("checkout-breaker", "checkout-retries")]
"""The experiments of the catalog; of those with the shop of the checkout the checkout itself does."""

LASTS = 3
"""Seconds from the begin of one fault to that of the next; each lasts two of them."""


def short(name: str) -> tuple[str, ...]:
    """Overrides that make an experiment of the catalog short: its faults follow each other in a few seconds."""
    (first, *_) = load(f"catalog:{name}").scenarios()
    named = [fault.name for fault in first.experiment.faults if fault.mtbf is None]
    faults = [f'faults."{fault}"={{at: {2 + LASTS * place}s, for: 2s}}' for place, fault in enumerate(named)]
    run = "warmup: 1s, drain: 20s, window: 1s, replications: 2, record: requests"
    return (*faults, f"run={{duration: {3 + LASTS * len(named)}s, {run}}}")


def content_of(name: str) -> dict[str, Any]:
    """An experiment of the catalog as it is written, without its comments."""
    return parsed(catalog.text(name))


def parsed(text: str) -> dict[str, Any]:
    """A text of YAML as plain mappings and lists."""
    content: dict[str, Any] = YAML(typ="safe", pure=True).load(text)
    return content


def written(content: Any, file: Path) -> Path:
    """Write an experiment down, its keys in the order in which they are."""
    yaml = YAML(typ="safe", pure=True)
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.width = 100_000  # a quoted key of two lines would not be read back
    yaml.default_flow_style = False
    stream = io.StringIO()
    yaml.dump(content, stream)
    file.write_text(stream.getvalue(), encoding="utf-8")
    return file


def data_files(document: Document, folder: Path, variants: Sequence[str] = (), *, jobs: int = 1) -> dict[str, str]:
    """Play an experiment into a folder: the digest of every data file that it leaves, by its name."""
    play(prepare(document, variants), folder, jobs=jobs)
    data = [file for file in sorted(folder.iterdir()) if file.suffix in (".csv", ".parquet")]
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in data}


def changed(name: str, change: Callable[[dict[str, Any]], dict[str, Any]], folder: Path) -> Document:
    """An experiment of the catalog, shortened, with a change to its text and to those that it includes."""
    file = written(change(content_of(name)), folder / f"{name}.yaml")
    for included, text in catalog.fragments(name).items():
        written(change(parsed(text)), folder / included)
    return load(file, short(name))


def rows(result: RunResult) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of every table that leaves a run, as texts that tell every bit."""
    columns = columns_of(result)
    tables: dict[str, list[list[Any]]] = {}
    for name, values in columns.items():
        tables.setdefault(name.partition(".")[0], []).append([repr(value) for value in values])
    return {table: list(zip(*parts, strict=True)) for table, parts in tables.items()}
