"""``replications: {until: …}``: that the figure exists, and that all variants of a point stop by the same rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from experiments.language.figures import never_measured
from experiments.language.objectives import ObjectiveSpec
from experiments.language.operations import unknown_operation, workload_names
from experiments.language.problems import Place, Problem, problem
from experiments.language.references import change_name, phase_names
from experiments.language.tree import Node, Table, child, items
from simulator.spec.base import hint
from simulator.spec.experiment import ExperimentSpec
from simulator.spec.scenario import Scenario


def check_stopping(root: Table, experiment: ExperimentSpec) -> Iterator[Problem]:
    """Operations and phases that do not exist."""
    rule = experiment.run.stopping
    if rule is None:
        return
    written = child(root, "run", "replications", "until")
    until = rule.until
    if until.operation:
        reason = unknown_operation(root, until.operation)
        if reason:
            yield problem(_place(written, "operation", root), reason)
    elif len(experiment.workload) > 1:
        names = ", ".join(workload_names(root))
        yield problem(_place(written, "operation", root), f"'operation' is missing: there are {names}")
    moments = [change_name(change) for change in items(root.entries.get("changes")) if child(change, "set") is not None]
    reason = _unknown_phase(until.phase, phase_names(root), moments)
    if reason:
        yield problem(_place(written, "phase", root), reason)


def _place(table: Node | None, key: str, root: Table) -> Place:
    if not isinstance(table, Table):
        return root.place
    inner = table.entries.get(key)
    return table.place if inner is None else inner.place


def _unknown_phase(phase: str, known: list[str], moments: list[str]) -> str:
    word, colon, name = phase.partition(":")
    if word == "during" and name in moments:
        return f"{name!r} is a change of one moment and lasts no time: write after {name}"
    if phase in ("all", "healthy") or (colon and word in ("during", "after") and name in known):
        return ""
    if colon and word in ("during", "after"):
        there = f"; there are: {', '.join(known)}" if known else ""
        return f"there is no phase {name!r}{hint(name, known) or there}"
    return "must be all, healthy, during NAME or after NAME"


def check_figure(root: Table, objectives: Sequence[ObjectiveSpec], scenarios: Sequence[Scenario]) -> Iterator[Problem]:
    """Rules about a figure that no run of any variant has."""
    rules = [rule.until for one in scenarios if (rule := one.experiment.run.stopping) is not None]
    for until in rules[:1]:
        operation = until.operation or scenarios[0].experiment.workload[0].name
        reason = never_measured(operation, until.phase, until.metric, objectives, scenarios)
        if reason:
            yield problem(_place(child(root, "run", "replications", "until"), "metric", root), reason, until.metric)


def check_one_rule(scenarios: Iterable[Scenario], place: Place) -> Iterator[Problem]:
    """Variants of one point that would play different numbers of replications, and so could not be compared."""
    rules = defaultdict(set)
    for scenario in scenarios:
        rules[scenario.point].add(scenario.experiment.run.replications)
    for point, found in rules.items():
        if len(found) > 1 and any(not isinstance(rule, int) for rule in found):
            where = f" at {point}" if point else ""
            yield problem(place, f"with 'until' all variants{where} need the same rule: they are compared run by run")
            return
