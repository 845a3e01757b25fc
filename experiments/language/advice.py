"""Warnings: what is allowed and probably not meant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from experiments.language.bandwidth import idle_bandwidths
from experiments.language.calls import Calls
from experiments.language.copies import idle_copies
from experiments.language.cycles import reachable, visit_matrix
from experiments.language.fallbacks import with_fallbacks
from experiments.language.gateways import gateway_warnings
from experiments.language.hardware import free_hardware
from experiments.language.idle_keys import idle_lags
from experiments.language.overrides import member_name
from experiments.language.problems import Problem, problem
from experiments.language.references import change_name
from experiments.language.tree import Table, child, items, table
from experiments.language.zones import idle_preferences
from simulator.spec.experiment import ExperimentSpec
from simulator.spec.policies import EdgePolicies, HedgeSpec, OutlierSpec, RetrySpec
from simulator.spec.scenario import Edge
from simulator.spec.services import OperationSpec
from simulator.spec.steps import CallStep, all_steps, in_sequence, past_pivot
from simulator.spec.styles import ORCHESTRATED
from simulator.spec.transactions import TransactionStep


def warnings(
    root: Table, experiment: ExperimentSpec, edges: Mapping[Edge, EdgePolicies], calls: Calls
) -> list[Problem]:
    """Everything worth a word about an experiment that can run."""
    return [
        *_retried_effects(root, experiment, edges),
        *_effects_past_a_pivot(root, experiment),
        *_idle_detectors(experiment, edges, calls),
        *_late_faults(root, experiment),
        *_unused(root, calls),
        *gateway_warnings(root),
        *idle_bandwidths(root, experiment, edges),
        *idle_preferences(root, experiment),
        *free_hardware(root, experiment),
        *idle_copies(root),
        *idle_lags(root, experiment),
    ]


def _leaves_effect(operation: OperationSpec) -> bool:
    commits = (step for step in in_sequence(operation.steps) if isinstance(step, TransactionStep))
    own = any(step.effect for step in operation.work_steps) or any(step.transaction.effect for step in commits)
    return operation.effect or own


def _repeats(policies: EdgePolicies) -> bool:
    """Whether one call on the edge can be more than one attempt."""
    specs = [item.spec for item in policies.stack]
    return any(isinstance(spec, HedgeSpec) or (isinstance(spec, RetrySpec) and spec.retries) for spec in specs)


def _retried_effects(root: Table, experiment: ExperimentSpec, edges: Mapping[Edge, EdgePolicies]) -> Iterator[Problem]:
    """Effects that a repeated call leaves again: behind a retrying edge, directly or further down."""
    visits = with_fallbacks(visit_matrix(experiment), edges)
    repeated: dict[str, list[str]] = defaultdict(list)
    for edge, policies in edges.items():
        if _repeats(policies):
            called = f"{edge.service}.{edge.operation}"
            for name in (called, *sorted(reachable(called, visits) - {called})):
                repeated[name].append(f"{edge.caller} -> {edge.service}")
    knows_again = _known_again(experiment)
    for name, retrying in sorted(repeated.items()):
        if name in knows_again:
            continue
        service, _, key = name.partition(".")
        # A path has no operation of its own at the gateway, and a service may be unknown.
        operation = experiment.services[service].operations.get(key) if service in experiment.services else None
        node = child(root, "services", service, "operations", key)
        if operation is not None and node is not None and _leaves_effect(operation) and not operation.idempotent:
            by = ", ".join(dict.fromkeys(retrying))
            yield problem(node.place, f"its effect is not idempotent and is retried ({by}): it can happen twice")


def _effects_past_a_pivot(root: Table, experiment: ExperimentSpec) -> Iterator[Problem]:
    """Effects of what a saga tries again until it succeeds."""
    for service, spec in experiment.services.items():
        for name, saga in spec.operations.items():
            if saga.style.kind not in ORCHESTRATED:
                continue
            for called in past_pivot(saga.steps):
                owner, _, key = called.partition(".")
                operation = experiment.services[owner].operations[key]
                if _leaves_effect(operation) and not operation.idempotent:
                    node = table(root, "services", owner, "operations", key)
                    said = f"its effect is not idempotent and is tried again past the pivot of {service}.{name}"
                    yield problem(node.place, f"{said}: it can happen twice")


def _known_again(experiment: ExperimentSpec) -> set[str]:
    """Handlers that nobody calls, and whose every subscription knows a message again that was published twice."""
    entries = [entry for topic in experiment.topics.values() for entry in topic.subscribers]
    forgetful = {entry.operation for entry in entries if entry.remembered_for is None}
    operations = [one for service in experiment.services.values() for one in service.operations.values()]
    steps = [step for one in operations for step in (*one.steps, *one.on_failure)]
    called = {step.call for step in all_steps(steps) if isinstance(step, CallStep)}
    called |= {entry.call for entry in experiment.workload if entry.call is not None}
    return {entry.operation for entry in entries} - forgetful - called


def _late_faults(root: Table, experiment: ExperimentSpec) -> Iterator[Problem]:
    starts = {fault.name: fault.at for fault in (*experiment.faults, *experiment.changes)}
    named = [(member_name(node), node) for node in items(root.entries.get("faults"))]
    named += [(change_name(node), node) for node in items(root.entries.get("changes"))]
    for name, node in named:
        if starts.get(name, 0.0) >= experiment.run.duration:
            yield problem(node.place, "begins after the run's duration: nobody arrives any more")


def _idle_detectors(experiment: ExperimentSpec, edges: Mapping[Edge, EdgePolicies], calls: Calls) -> Iterator[Problem]:
    """Outlier detectors whose cap lets no replica go: Envoy's 10 % of fewer than ten."""
    places = set()
    for edge, policies in edges.items():
        spec = next((item.spec for item in policies.stack if isinstance(item.spec, OutlierSpec)), None)
        service = experiment.services.get(edge.service)
        if spec is None or service is None or spec.can_eject(service.replica_count):
            continue
        merged = calls.merged(edge)
        place = merged.key_place("outlier" if "outlier" in merged.entries else "stack")
        if place not in places:
            places.add(place)
            none = f"max_ejected {spec.max_ejected:.0%} of {service.replica_count} replicas is none"
            yield problem(place, f"{none}: nobody is ever ejected; write a larger one, or always_eject_one: true")


def _unused(root: Table, calls: Calls) -> Iterator[Problem]:
    policies = table(root, "policies")
    for name in policies.entries:
        if name not in calls.used_policies:
            yield problem(policies.key_place(name), "is used by no entry of calls")
    for pattern, place in calls.keys.items():
        if pattern not in calls.used_patterns:
            yield problem(place, "no call goes this way")
