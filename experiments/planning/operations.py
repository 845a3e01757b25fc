"""What every operation of an experiment asks for in its style, calls into each other and cycles included.

How long an operation takes depends on those that it calls. Where they call each other in a circle there is no first
one: so all are worked out from what is known of the others until nothing changes any more, which it does because
circles die out (see `experiments.language.cycles`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from experiments.planning.demands import NOTHING, Demand, Part
from experiments.planning.walking import Walk
from experiments.planning.ways import Ways
from simulator.spec.experiment import ExperimentSpec
from simulator.spec.network import RouteSpec
from simulator.spec.policies import EdgePolicies
from simulator.spec.scenario import Edge
from simulator.spec.services import OperationSpec, ServiceSpec
from simulator.spec.steps import AnyStep, CallStep, PublishStep
from simulator.spec.workload import WorkloadSpec

_MOST_ROUNDS = 1000
"""A circle whose expected visits are finite has settled by then, unless it is about to be endless."""

_SETTLED = 1e-9
"""Relative: two rounds that differ by less are the same."""

Demands = Mapping[Part, Demand]


def demands_of(experiment: ExperimentSpec, edges: Mapping[Edge, EdgePolicies], *, cold: bool = True) -> Demands:
    """What each part of each operation asks for, gateways' paths included (see `gateway_part`); with `cold` every
    look-up in a cache misses, else every one hits."""
    known: dict[Part, Demand] = {}
    ways = Ways(experiment)
    topics = {name: topic.broker for name, topic in experiment.topics.items()}

    def walk(name: str, operation: OperationSpec, service: ServiceSpec) -> Walk:
        return Walk(name, operation, service, ways, edges, topics, known, cold=cold)

    for _ in range(_MOST_ROUNDS):
        found: dict[Part, Demand] = {}
        for name, service in experiment.services.items():
            for key, operation in service.operations.items():
                found |= _in_style(f"{name}.{key}", operation, walk(f"{name}.{key}", operation, service))
        for entry in experiment.workload:
            if entry.path is not None:
                found |= _gateway(experiment, entry, walk)
        settled = known.keys() == found.keys() and all(_alike(known[part], found[part]) for part in found)
        known = found
        if settled:
            break
    return known


def _alike(one: Demand, other: Demand) -> bool:
    if one.time.mean == other.time.mean:
        return True
    return math.isclose(one.time.mean, other.time.mean, rel_tol=_SETTLED)


def _in_style(name: str, spec: OperationSpec, walk: Walk) -> dict[Part, Demand]:
    """The parts of an operation, as its style carries it out."""
    front, later = Part(name), Part(name, later=True)
    match spec.style.kind:
        case "queue":
            accepted = walk.handed_over(spec.broker, {later: 1.0})
            handled = walk.at_once.then(walk.through(spec.steps))
            return {front: accepted, later: _after_failure(spec, walk, handled)}
        case "choreography":
            return _choreographed(name, spec, walk)
        case "hybrid":
            critical = [step for step in spec.steps if getattr(step, "critical", True)]
            others = [step for step in spec.steps if not getattr(step, "critical", True)]
            inside = walk.at_once.then(walk.through(critical))
            for step in others:
                if isinstance(step, PublishStep):
                    inside = inside.then(walk.step(step))
            behind = [step for step in others if not isinstance(step, PublishStep)]
            if behind:
                inside = inside.then(walk.handed_over(spec.broker, {later: 1.0}))
            return {front: _after_failure(spec, walk, inside), later: walk.through(behind, all_critical=True)}
        case _:
            return {front: _after_failure(spec, walk, walk.at_once.then(walk.through(spec.steps)))}


def _after_failure(spec: OperationSpec, walk: Walk, whole: Demand) -> Demand:
    """With `on_failure`, which runs after the answer has left."""
    if not spec.on_failure or not whole.fails:
        return whole
    return whole.beside(walk.through(spec.on_failure), whole.fails)


def _choreographed(name: str, spec: OperationSpec, walk: Walk) -> dict[Part, Demand]:
    """Each call is a message to the called operation, each other step one to the operation's own service.

    What the own service does is one part here: on average it makes no difference that it comes in pieces. The next
    event is published when a handler has given its worker back.
    """
    front, later = Part(name), Part(name, later=True)
    whole = walk.at_once.then(walk.through(spec.steps))
    mine, goes_on = NOTHING, 1.0 - walk.at_once.fails
    for step in spec.steps:
        found = walk.step(step)
        if not isinstance(step, CallStep):
            mine = replace(mine.beside(found, goes_on), time=mine.time.after(found.time, goes_on))
        if getattr(step, "critical", True):
            goes_on *= 1.0 - found.fails
    called = {part: number - mine.causes.get(part, 0.0) for part, number in whole.causes.items()}
    handled = {part: number for part, number in called.items() if number > _SETTLED}
    own = sum(not isinstance(step, CallStep) for step in spec.steps)
    accepted = walk.handed_over(spec.broker, {later: float(own), **handled} if own else handled)
    front_demand = walk.at_once.then(accepted)
    return {front: front_demand, later: _after_failure(spec, walk, replace(mine, fails=whole.fails))}


def gateway_part(experiment: ExperimentSpec, entry: WorkloadSpec) -> Part:
    """What a gateway does for the requests of an entry with a path."""
    matching = _matching(experiment, entry.path or "")
    routes = matching or list(experiment.routes.values())
    return Part(f"{routes[0].on}.path {entry.name}")


def _gateway(experiment: ExperimentSpec, entry: WorkloadSpec, walk: Callable[..., Walk]) -> dict[Part, Demand]:
    """A gateway sends each request to one branch and waits for its answer."""
    part = gateway_part(experiment, entry)
    service = experiment.services[part.service]
    empty = next(iter(service.operations.values())).model_copy(update={"steps": ()})
    return {part: walk(part.operation, empty, service).either(_branches(experiment, entry.path or ""))}


def _branches(experiment: ExperimentSpec, path: str) -> Iterator[tuple[float, AnyStep]]:
    """The calls that a path can become, each with its probability."""
    matching = _matching(experiment, path)
    chosen = matching if any(route.match == "any" for route in matching) else matching[:1]
    for route in chosen:
        for branch in route.branches.values():
            yield branch.share / len(chosen), CallStep.model_validate({"call": branch.to})


def _matching(experiment: ExperimentSpec, path: str) -> list[RouteSpec]:
    """The routes that match a path at the gateway of the best one, best first."""
    found = sorted(
        ((name, route) for name, route in experiment.routes.items() if path.startswith(route.prefix)),
        key=lambda item: (-len(item[1].prefix), item[0]),
    )
    return [route for _, route in found if route.on == found[0][1].on]
