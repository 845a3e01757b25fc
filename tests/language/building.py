"""Small experiments for tests: a base that is valid, and ways to change it."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from experiments.language import Document, ExperimentError, load
from simulator.spec.policies import StackItem
from simulator.spec.scenario import Edge, Scenario

SHOP = """
services:
  shop:
    workers: 2
    operations:
      buy:
        steps:
          - {call: stock.take, undo: stock.give}
          - {call: bank.charge}
          - {work: 5ms}
  stock:
    workers: 4
    operations:
      take: {work: 2ms}
      give: {work: 2ms}
  bank:
    replicas: 2
    workers: 4
    operations:
      charge: {work: 2ms}
workload:
  - {call: shop.buy, arrivals: {process: poisson, rate: 10/s}}
run: {duration: 1m}
"""
"""A shop that calls a stock and a bank."""


def write(folder: Path, text: str, name: str = "shop.yaml") -> Path:
    """Writes an experiment and returns its file."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(dedent(text), encoding="utf-8")
    return file


def read(folder: Path, text: str, *overrides: str) -> Document:
    """The document of a text."""
    return load(write(folder, text), overrides)


def scenario(folder: Path, text: str, *overrides: str) -> Scenario:
    """The one scenario of a text."""
    (only,) = read(folder, text, *overrides).scenarios()
    return only


def problems(folder: Path, text: str, *overrides: str) -> list[str]:
    """Every problem of a text, as ``line: path: message``."""
    try:
        read(folder, text, *overrides)
    except ExperimentError as error:
        return [f"{entry.line}: {entry.path}: {entry.message}" for entry in error.problems]
    return []


def stack(of: Scenario, caller: str, operation: str) -> tuple[StackItem, ...]:
    """The policies between a caller and ``service.operation``, outermost first."""
    service, _, name = operation.partition(".")
    return of.edges[Edge(caller, service, name)].stack
