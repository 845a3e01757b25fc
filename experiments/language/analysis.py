"""From one experiment tree (a variant at a point) to a scenario, or to everything that is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise

from experiments.language.advice import warnings
from experiments.language.calls import Calls, resolve, settled
from experiments.language.changes import at_the_change, check_changes, scaled_by_itself, stages
from experiments.language.cycles import endless_cycle, visit_matrix
from experiments.language.edges import edge_to, real_edges
from experiments.language.fallbacks import fallbacks_in_a_ring, instead_of, with_fallbacks, written_fallbacks
from experiments.language.includes import Folder, with_measured_times
from experiments.language.inheritance import with_inherited
from experiments.language.merging import merge, strip_none
from experiments.language.names import check_names
from experiments.language.problems import Problem, problem
from experiments.language.queued_calls import misfits, waits_for_ever
from experiments.language.references import check_references
from experiments.language.steps import called, publishes_to, walk_steps
from experiments.language.stopping import check_stopping
from experiments.language.tree import Listing, Node, Table, child, is_none, items, table, text
from experiments.language.validation import validate
from experiments.language.warm_up import check_warmup
from experiments.language.zones import zones_left
from simulator.spec.base import PARTIAL
from simulator.spec.experiment import ExperimentSpec
from simulator.spec.policies import EdgePolicies, fallback_calls
from simulator.spec.scenario import Edge, Scenario, ScheduledChange
from simulator.spec.steps import UndoSpec

READ_ELSEWHERE = ("variants", "sweep", "objectives")
"""Tables that are no part of what is played."""


@dataclass
class Analysis:
    """What came of one tree.

    Attributes:
        scenario: None if anything is wrong.
        problems: what is wrong.
        warnings: what is odd.
        merged: what is written for every edge, for `callsim validate --resolved`.
        merged_undos: the same for undo calls that bring policies of their own.
        heirs: services that extend another one, as they came out.
    """

    scenario: Scenario | None = None
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    merged: dict[Edge, Table] = field(default_factory=dict)
    merged_undos: dict[tuple[str, UndoSpec], Table] = field(default_factory=dict)
    heirs: dict[str, Table] = field(default_factory=dict)

    def used(self, later: Analysis) -> None:
        """What a change makes use of, or what is odd only after it: a policy that nobody uses at first is used."""
        odd = {(entry.line, entry.column, entry.message) for entry in later.warnings}
        self.warnings = [
            entry
            for entry in self.warnings
            if not entry.message.startswith("is used by no") or (entry.line, entry.column, entry.message) in odd
        ]


def analyse(tree: Table, name: str, variant: str, point: str, folder: Folder) -> Analysis:
    """Checks one tree whole and builds its scenario.

    Args:
        tree: includes merged, overrides applied.
        name: the experiment's.
        variant: the variant's name.
        point: the sweep point's text.
        folder: where files of measured times lie.
    """
    result = Analysis()
    measured = with_measured_times(tree, folder, result.problems)
    inherited = with_inherited(measured if isinstance(measured, Table) else tree)
    root, result.heirs = inherited.root, inherited.services
    result.problems += inherited.problems
    experiment, found = validate(ExperimentSpec, _for_the_model(root), PARTIAL)
    result.problems += [*found, *check_names(root), *check_references(root), *check_changes(root)]
    calls = Calls.read(root)
    calls.check_every_policy()
    if experiment is not None and not result.problems:
        result.problems += [*check_warmup(root, experiment), *check_stopping(root, experiment)]
        _check_cycles(root, experiment, result)
    if experiment is not None:
        _resolve_edges(root, experiment, calls, result, (name, variant, point))
    result.problems = inherited.said_once([*result.problems, *calls.problems])
    if result.scenario is not None and not result.problems and experiment is not None and experiment.changes:
        _follow_changes(tree, result, folder)
    result.warnings = inherited.said_once(result.warnings)
    if result.problems:
        result.scenario = None
    return result


def _follow_changes(tree: Table, result: Analysis, folder: Folder) -> None:
    """Gives the scenario its changes, each with the whole as it stands from then on."""
    scenario = result.scenario
    assert scenario is not None
    followed: list[ScheduledChange] = []
    for name, at, node, after in stages(tree, scenario.experiment, result.problems):
        if result.problems:
            return
        state = analyse(after, scenario.name, scenario.variant, scenario.point, folder)
        result.problems += [at_the_change(entry, node, name) for entry in state.problems]
        if state.scenario is None:
            return
        then = state.scenario
        result.problems += scaled_by_itself(scenario.experiment, then.experiment, node)
        result.problems += zones_left(scenario.experiment, then.experiment, node)
        result.used(state)
        followed.append(ScheduledChange(name, at, then.experiment, then.edges, then.undo_edges))
    result.scenario = replace(scenario, changes=tuple(followed))


def _for_the_model(root: Table) -> Table:
    """The tree without what is read elsewhere and without the word ``none`` inside of policies."""
    gone = [key for key in root.entries if key.startswith("x-") or key in READ_ELSEWHERE]
    body = root.without(*gone)
    for key in ("policies", "calls"):
        entries = body.entries.get(key)
        if isinstance(entries, Table):
            kept = {name: _entry(node) for name, node in entries.entries.items() if not is_none(node)}
            body = body.with_entry(key, Table(entries.place, kept, entries.keys), root.key_place(key))
    services = body.entries.get("services")
    if services is not None:
        body = body.with_entry("services", _undos(services), root.key_place("services"))
    return body


def _entry(node: Node) -> Node:
    """An entry whose policies may be none; inside of them, none only says that nothing is written."""
    if not isinstance(node, Table):
        return node
    inner = {key: strip_none(value) if isinstance(value, Table) else value for key, value in node.entries.items()}
    return Table(node.place, inner, node.keys)


def _undos(node: Node) -> Node:
    if isinstance(node, Listing):
        return Listing(node.place, tuple(_undos(item) for item in node.items))
    if not isinstance(node, Table):
        return node
    inner = {key: _entry(value) if key == "undo" else _undos(value) for key, value in node.entries.items()}
    return Table(node.place, inner, node.keys)


def _resolve_edges(
    root: Table, experiment: ExperimentSpec, calls: Calls, result: Analysis, labels: tuple[str, str, str]
) -> None:
    found: dict[Edge, EdgePolicies] = {}
    _resolve(real_edges(experiment), calls, result, found)
    undo_edges = dict(_undo_edges(root, result))
    for (caller, _), policies in undo_edges.items():
        _resolve([edge_to(caller, called) for called in fallback_calls(policies.stack)], calls, result, found)
    edges = dict(sorted(found.items()))
    result.problems += [*fallbacks_in_a_ring(edges, result.merged), *misfits(edges, result.merged)]
    if not result.problems:
        _check_fallback_cycles(experiment, edges, result)
    if result.problems or calls.problems:
        return
    result.scenario = Scenario(*labels, experiment, edges, undo_edges)
    result.warnings = [*warnings(root, experiment, edges, calls), *waits_for_ever(edges, result.merged)]


def _resolve(waiting: list[Edge], calls: Calls, result: Analysis, edges: dict[Edge, EdgePolicies]) -> None:
    """Resolves edges into `edges`, and with each one those that its fallbacks call."""
    for edge in waiting:
        if edge not in edges:
            merged = result.merged[edge] = calls.merged(edge)
            policies, found = resolve(merged)
            result.problems += found
            edges[edge] = policies or EdgePolicies()
            waiting += [edge_to(edge.caller, called) for called in fallback_calls(edges[edge].stack)]


def _undo_edges(root: Table, result: Analysis) -> list[tuple[tuple[str, UndoSpec], EdgePolicies]]:
    """The policies of undo calls that bring their own."""
    found = []
    for step in walk_steps(root):
        undo = step.step.entries.get("undo")
        if not isinstance(undo, Table) or child(step.step, "call") is None or set(undo.entries) <= {"call"}:
            continue
        cleaned = _entry(undo)
        spec = validate(UndoSpec, cleaned, PARTIAL)[0] if isinstance(cleaned, Table) else None
        if spec is None:
            continue  # said already, by the model of the experiment
        below = result.merged[edge_to(step.service, spec.call)]
        laid = merge(below, undo.without("call"), ("calls", "undo"), keep_none=True)
        merged = settled(laid) if isinstance(laid, Table) else below
        policies, problems = resolve(merged)
        result.problems += problems
        result.merged_undos[step.service, spec] = merged
        found.append(((step.service, spec), policies or EdgePolicies()))
    return found


def _check_cycles(root: Table, experiment: ExperimentSpec, result: Analysis) -> None:
    cycle = endless_cycle(visit_matrix(experiment))
    if cycle is None:
        return
    message = f"calls go round without end: {' -> '.join(cycle)}; a 'choose' that ends them sometimes would help"
    for found in walk_steps(root):
        if f"{found.service}.{found.operation}" != cycle[0]:
            continue
        for node in called(found):
            if text(node) == cycle[1]:
                result.problems.append(problem(node.place, message))
                return
        topic = publishes_to(found)
        if topic is not None and cycle[1] in _handlers(root, text(topic)):
            result.problems.append(problem(topic.place, message))
            return


def _check_fallback_cycles(experiment: ExperimentSpec, edges: dict[Edge, EdgePolicies], result: Analysis) -> None:
    """Calls that go round only because of what is called when one fails."""
    if not any(fallback_calls(policies.stack) for policies in edges.values()):
        return
    cycle = endless_cycle(with_fallbacks(visit_matrix(experiment), edges))
    if cycle is None:
        return
    message = f"with this fallback calls go round without end: {' -> '.join(cycle)}"
    steps = list(pairwise(cycle))
    nodes = [
        node
        for caller, called in steps
        for edge in edges
        if edge.caller == caller.partition(".")[0] and called in instead_of(edge, edges)
        for node in written_fallbacks(result.merged[edge])
        if text(node) == called
    ]
    result.problems += [problem(node.place, message) for node in nodes[:1]]


def _handlers(root: Table, topic: str) -> set[str]:
    subscribers = items(table(root, "topics", topic).entries.get("subscribers"))
    return {text(member) or text(child(member, "operation")) for member in subscribers}
