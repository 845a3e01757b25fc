"""Which figures there are of what, as far as the file tells: a rule about one that is never measured is refused."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from experiments.language.objectives import ObjectiveSpec
from simulator.metrics.names import METRICS, PERCENTILES
from simulator.outcomes import Outcome
from simulator.spec.policies import EdgePolicies
from simulator.spec.scenario import Scenario, ScheduledChange
from simulator.spec.steps import CachedStep, all_steps

_OUTCOMES = frozenset(f"{outcome.label}_rate" for outcome in list(Outcome)[1:])
_ENDS = frozenset({"throughput", "error_rate", *_OUTCOMES})
_BREAKER = frozenset({"breaker_open_share", "breaker_opens"})
_QUEUE = frozenset({"queue_length", "queue_length_max", "queue_length_end"})
_COPIES = frozenset({"behind", "behind_end", "diverged"})
_MESSAGES = frozenset(
    {
        *("throughput", "backlog", "backlog_max", "backlog_end", "message_age_p99", "deliveries", "redelivered"),
        *("lost", "dead_lettered", "out_of_order"),
    }
)
_LATENCY = frozenset({"latency_mean", *(f"latency_{suffix}" for suffix in PERCENTILES)})
_SERVICE = frozenset({"throughput", "utilization", "cpu_utilization", "hit_ratio", "replicas", "wasted_work"})

OF_COMPONENTS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "service": _SERVICE | _QUEUE | _COPIES,
        "pool": frozenset({"throughput", "utilization", "wait_mean", "rejected_rate"}) | _QUEUE,
        "call": _ENDS | _BREAKER | {"answer_latency_mean"},
        "topic": _MESSAGES,
        "broker": _MESSAGES,
        "outbox": _MESSAGES,
        "route": _ENDS | _LATENCY | {"latency_sd", "answer_latency_mean"},
        "cache": frozenset({"throughput", "hit_ratio"}),
    }
)
"""The metrics of components, by the first word of their names."""

OF_WORKLOADS = frozenset(
    metric.name
    for metric in METRICS.values()
    if metric.name in ("throughput", "goodput") or (metric.kind != "window" and metric.name != "latency_sd")
)
"""The metrics of workloads: of requests, and of what recovers after a phase."""


def never_measured(
    operation: str, phase: str, metric: str, objectives: Sequence[ObjectiveSpec], scenarios: Sequence[Scenario]
) -> str:
    """Why there is no such figure in any run; empty if there may be one.

    Args:
        operation: as in the tables.
        phase: as in the tables.
        metric: one of `METRICS`.
        objectives: of the file: they bring figures of their own.
        scenarios: all that are to be played.
    """
    kind, colon, name = operation.partition(":")
    possible = OF_COMPONENTS[kind] if colon else OF_WORKLOADS
    if metric not in possible:
        there = ", ".join(known for known in METRICS if known in possible)
        listed = f"there are: {there}" if colon else f"write operation: {_whose(metric)}"
        return f"there is no {metric} of a {kind if colon else 'workload'}; {listed}"
    if metric == "good" and not any(one.metric == "good" and one.operation == operation for one in objectives):
        return (
            f"good needs an objective of {operation}, {{good: {{within: 1s, at_least: 95%}}}}, to say within which time"
        )
    if METRICS[metric].kind == "recovery":
        return _no_recovery(operation, phase, metric, objectives)
    return _missing(kind, name, metric, scenarios) if colon else ""


def _whose(metric: str) -> str:
    kinds = [f"{kind}:NAME" for kind, metrics in OF_COMPONENTS.items() if metric in metrics]
    return " or ".join(kinds).replace("call:NAME", "call:a->b")


def _no_recovery(operation: str, phase: str, metric: str, objectives: Iterable[ObjectiveSpec]) -> str:
    if not phase.startswith("after:"):
        return f"{metric} is of what follows a fault or phase: write phase: after NAME"
    if any(one.bounds_recovery and one.operation == operation for one in objectives):
        return ""
    bounds = "throughput, goodput, error_rate, availability or a latency"
    return f"{metric} needs an objective of {operation} on {bounds}, written without a phase: what is to hold again"


def _missing(kind: str, name: str, metric: str, scenarios: Sequence[Scenario]) -> str:
    """What the component would have to have, in one scenario at least."""
    if kind == "call":
        return _missing_call(name, metric, scenarios)
    if kind == "route":
        return _missing_branch(name, scenarios)
    return _missing_part(name, metric, scenarios) if kind == "service" else ""


def _states(scenarios: Iterable[Scenario]) -> Iterator[Scenario | ScheduledChange]:
    for scenario in scenarios:
        yield from scenario.states


def _missing_part(service: str, metric: str, scenarios: Sequence[Scenario]) -> str:
    states = (state.experiment.services.get(service) for state in _states(scenarios))
    specs = [spec for spec in states if spec is not None]
    if metric == "cpu_utilization" and all(spec.cores is None for spec in specs):
        return f"service {service} has no cores that could be utilized"
    operations = [operation for spec in specs for operation in spec.operations.values()]
    steps = (step for made in operations for step in all_steps((*made.steps, *made.on_failure)))
    if metric == "hit_ratio" and not any(isinstance(step, CachedStep) for step in steps):
        return f"service {service} has no cache"
    return ""


def _missing_branch(name: str, scenarios: Sequence[Scenario]) -> str:
    routes = [route for state in _states(scenarios) for route in state.experiment.routes.items()]
    branches = sorted({f"route:{route}/{branch}" for route, spec in routes for branch in spec.branches})
    return "" if f"route:{name}" in branches else f"the figures are of a route's branches: {', '.join(branches)}"


def _missing_call(name: str, metric: str, scenarios: Sequence[Scenario]) -> str:
    caller, called = (end.strip() for end in name.split("->"))
    edges: dict[tuple[str, str], list[EdgePolicies]] = defaultdict(list)
    for state in _states(scenarios):
        for edge, policies in state.edges.items():
            edges[edge.caller, edge.service].append(policies)
        for (by, undo), policies in state.undo_edges.items():
            edges[by, undo.call.partition(".")[0]].append(policies)
    if (caller, called) not in edges:
        return f"{caller} never calls {called}; there are: {', '.join(f'call:{a}->{b}' for a, b in sorted(edges))}"
    stacks = (item.name for policies in edges[caller, called] for item in policies.stack)
    if metric in _BREAKER and not any(name in ("breaker", "outlier") for name in stacks):
        return f"no call from {caller} to {called} has a breaker"
    return ""
