"""Imports a text, completes what comes out to a whole experiment, and reads it."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent
from typing import Any, NamedTuple

from experiments.importing.converting import convert
from experiments.language import Document, ExperimentError, load

CONFIGS = Path(__file__).parent / "configs"
_EDGE = re.compile(r'^  "?\* -> ([^".]+)(?:\.([^"]+))?"?: ', re.MULTILINE)


class Outcome(NamedTuple):
    """An import: its text, its warnings, and the experiment that it became a part of."""

    text: str
    warnings: list[str]
    document: Document

    def policies(self, service: str, operation: str = "serve") -> dict[str, Any]:
        """The specs on the edge from the shop to an operation, by the policies' names; their order is the stack's."""
        (scenario,) = self.document.scenarios()
        edges = {(edge.caller, edge.service, edge.operation): found for edge, found in scenario.edges.items()}
        return {item.name: item.spec for item in edges["shop", service, operation].stack}

    def warned(self, *words: str) -> bool:
        """Whether one warning holds all the words."""
        return any(all(word in warning for word in words) for warning in self.warnings)


def brought_in(kind: str, file: Path, folder: Path) -> Outcome:
    """Imports a file, and reads what came out as part of an experiment in the folder."""
    imported = convert(kind, file)
    whole = folder / "whole.yaml"
    whole.write_text(imported.text + _rest(imported.text), encoding="utf-8")
    return Outcome(imported.text, [str(warning) for warning in imported.warnings], load(whole))


def brought(kind: str, text: str, folder: Path) -> Outcome:
    """The same for a text."""
    source = folder / "source.yaml"
    source.write_text(dedent(text), encoding="utf-8")
    return brought_in(kind, source, folder)


def refused(kind: str, text: str, folder: Path) -> str:
    """What is said of a text that cannot be imported."""
    source = folder / "source.yaml"
    source.write_text(dedent(text), encoding="utf-8")
    try:
        convert(kind, source)
    except ExperimentError as error:
        return str(error)
    raise AssertionError("it was imported")


def _rest(text: str) -> str:
    """Services for every edge of the import, a shop that calls them, and a workload."""
    operations: dict[str, set[str]] = {}
    for service, operation in _EDGE.findall(text):
        operations.setdefault(service, {"serve"}).add(operation or "serve")
    operations = operations or {"bank": {"serve"}}
    lines = ["services:"]
    calls = [f"{{call: {service}.{name}}}" for service, names in operations.items() for name in sorted(names)]
    lines.append(f"  shop: {{workers: 8, operations: {{buy: {{steps: [{', '.join(calls)}]}}}}}}")
    for service, names in operations.items():
        made = ", ".join(f"{name}: {{work: 5ms}}" for name in sorted(names))
        lines.append(f"  {service}: {{workers: 8, replicas: 4, operations: {{{made}}}}}")
    lines.append("workload: [{name: buy, call: shop.buy, arrivals: {process: poisson, rate: 10/s}}]")
    return "\n".join([*lines, "run: {duration: 10s, replications: 1}", ""])
