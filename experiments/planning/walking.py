"""Walks through the steps of an operation and adds up what they ask for.

A call takes as long as both ways and what the called operation takes where nobody waits. What is counted happens with
its probability: branches of a choice by their shares, what follows a drawn client error less often by it, undo calls
as often as a later step fails so. Who calls waits no longer than a timeout says, and does not try again; batches
are full, and caches either always hit or never.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from experiments.planning.demands import NOTHING, Demand, Part
from experiments.planning.times import NO_TIME, Time, one_of, waited, when_ended
from experiments.planning.ways import BUILT_IN, Ways
from simulator.spec.laws import AnyLaw
from simulator.spec.policies import EdgePolicies
from simulator.spec.scenario import Edge
from simulator.spec.services import OperationSpec, ServiceSpec
from simulator.spec.steps import (
    AnyStep,
    CachedStep,
    CallStep,
    ChooseStep,
    ParallelStep,
    PauseStep,
    PublishStep,
    WithStep,
    WorkStep,
    does_work,
    in_sequence,
)
from simulator.spec.styles import SAGAS
from simulator.spec.transactions import TransactionStep
from simulator.spec.work import WorkParts, WorkSpec


def _patience(policies: EdgePolicies | None) -> float:
    """For how many seconds a caller waits for its first attempt at the most."""
    limits = [math.inf]
    for item in () if policies is None else policies.stack:
        if item.name == "timeout":
            limits.append(item.spec.mean())
        elif item.name == "deadline":
            limits.append(item.spec.total)
    return min(limits)


class Walk:
    """Through the steps of one operation.

    Args:
        name, spec: the operation; service: whose it is.
        ways: how long messages travel.
        edges: the policies of calls: which of them go over a broker.
        topics: the broker of each topic.
        known: what is known of the operations that are called; what is missing takes no time yet.
        cold: whether every look-up in a cache misses; else every one hits.
    """

    def __init__(
        self,
        name: str,
        spec: OperationSpec,
        service: ServiceSpec,
        ways: Ways,
        edges: Mapping[Edge, EdgePolicies],
        topics: Mapping[str, str],
        known: Mapping[Part, Demand],
        *,
        cold: bool = True,
    ) -> None:
        self._service_name = name.partition(".")[0]
        self._spec = spec
        self._service = service
        self._ways = ways
        self._edges = edges
        self._topics = topics
        self._known = known
        self._cold = cold
        self._first = next((step for step in in_sequence(spec.steps) if does_work(step)), None)

    @property
    def at_once(self) -> Demand:
        """The client errors of an operation without work of its own."""
        return Demand(fails=self._spec.client_errors.share) if self._first is None else NOTHING

    def through(self, steps: Iterable[AnyStep], *, all_critical: bool = False) -> Demand:
        """Steps in order, up to the first critical one that fails; in a saga with the undo of those before it."""
        total, reached = NOTHING, []
        for step in steps:
            found = self.step(step)
            if not (all_critical or getattr(step, "critical", True)):
                found = replace(found, fails=0.0)
            total = total.then(found)
            reached.append((step, 1.0 - total.fails))
        for step, done in reversed(reached):
            weight = done - (1.0 - total.fails)
            if weight > 0 and self._spec.style.kind in SAGAS:
                total = self._undone(total, step, weight)
        return total

    def handed_over(self, broker: str | None, handled: Mapping[Part, float]) -> Demand:
        """A message of the operation's own is published, and its broker confirms it.

        Args:
            broker: its name; None: the built-in one.
            handled: the messages that follow from it, by what carries them out.
        """
        name = broker or BUILT_IN
        return Demand(
            self._ways.publishing(self._service_name, broker),
            causes={part: 1.0 if part.later else number for part, number in handled.items()},
            posted={name: math.fsum(handled.values())},
            queued={(name, part): number for part, number in handled.items()},
        )

    def step(self, step: AnyStep) -> Demand:
        """One step."""
        match step:
            case WorkStep():
                return self._work(step.work, step)
            case TransactionStep():
                return self._transaction(step)
            case CallStep():
                return self._calls(step)
            case PublishStep():
                return self._publish(step.publish)
            case PauseStep():
                return Demand(Time.of(step.pause))
            case ParallelStep():
                return self._parallel([self.through(branch) for branch in step.parallel.steps], step.parallel.needed)
            case ChooseStep():
                return self._choice([(way.share, self.through(way.steps)) for way in step.choose])
            case WithStep():
                inner = self.through(step.with_.steps)
                held = {**inner.pools, step.with_.pool: inner.pools.get(step.with_.pool, 0.0) + inner.time.mean}
                return replace(inner, pools=held)
            case CachedStep():
                if self._cold:
                    return self.through(step.cached.steps)
                return Demand(Time.of(step.cached.hit), work=step.cached.hit.mean(), cpu=step.cached.hit.mean())
        return NOTHING

    def call(self, service: str, operation: str) -> Demand:
        """One call, with its ways; over a broker where the edge says so."""
        part = Part(f"{service}.{operation}")
        called = self._known.get(part, NOTHING)
        policies = self._edges.get(Edge(self._service_name, service, operation))
        via = None if policies is None else policies.via
        limit = _patience(policies)
        if not self._cold and policies is not None and any(item.name == "cache" for item in policies.stack):
            return NOTHING
        if via is None:
            time = self._ways.there_and_back(self._service_name, service).after(called.time)
            return Demand(waited(time, limit), fails=called.fails, causes={part: 1.0})
        there = self._ways.publishing(self._service_name, via).after(self._ways.delivering(via, service))
        back = self._ways.publishing(service, via).after(self._ways.delivering(via, self._service_name))
        time = there.after(called.time).after(back)
        return Demand(
            waited(time, limit), fails=called.fails, causes={part: 1.0}, posted={via: 2.0}, queued={(via, part): 1.0}
        )

    def _work(self, work: WorkSpec, step: AnyStep) -> Demand:
        parts = [(work.cpu, True), (work.io, False)] if isinstance(work, WorkParts) else [(work, True)]
        time, cpu = NO_TIME, 0.0
        for law, computes in parts:
            if law is not None:
                time = time.after(Time.of(law))
                cpu += law.mean() if computes else 0.0
        fails = self._spec.client_errors.share if step is self._first else 0.0
        return Demand(time, work=time.mean, cpu=cpu, fails=fails)

    def _transaction(self, step: TransactionStep) -> Demand:
        worked = self._work(step.transaction.work, step)
        told = self._publish(step.transaction.publish)
        if step.transaction.mode == "outbox":
            return worked.then(replace(told, time=NO_TIME))  # a relay sends it; nobody waits
        return worked.then(told) if step.transaction.mode == "commit_then_publish" else told.then(worked)

    def _publish(self, topic: str) -> Demand:
        return Demand(self._ways.publishing(self._service_name, self._topics[topic]), published={topic: 1.0})

    def _calls(self, step: CallStep) -> Demand:
        once = self.call(step.service, step.operation)
        if step.on_error.get("client_error") == "continue":
            once = replace(once, fails=0.0)
        total = once
        for _ in range(step.times - 1):
            total = total.then(once)
        return total

    def _parallel(self, branches: Sequence[Demand], needed: int) -> Demand:
        total = NOTHING
        for branch in branches:
            total = total.beside(branch)
        fails = 1.0 - math.prod(1.0 - branch.fails for branch in branches) if needed == len(branches) else 0.0
        return replace(total, time=when_ended([branch.time for branch in branches], needed), fails=fails)

    def either(self, steps: Iterable[tuple[float, AnyStep]]) -> Demand:
        """One of several steps, each with its probability."""
        return self._choice([(share, self.step(step)) for share, step in steps])

    def _choice(self, ways: Sequence[tuple[float, Demand]]) -> Demand:
        total = NOTHING
        for share, way in ways:
            total = total.beside(way, share)
        fails = math.fsum(share * way.fails for share, way in ways)
        return replace(total, time=one_of((share, way.time) for share, way in ways), fails=fails)

    def _undone(self, total: Demand, step: AnyStep, weight: float) -> Demand:
        """What takes a step back, which happens with probability `weight`."""
        if isinstance(step, CallStep) and step.undo is not None:
            service, _, operation = step.undo.call.partition(".")
            undo = self.call(service, operation)
        else:
            law: AnyLaw | None = None
            if isinstance(step, WorkStep):
                law = step.undo
            elif isinstance(step, TransactionStep):
                law = step.transaction.undo
            if law is None:
                return total
            undo = Demand(Time.of(law), work=law.mean(), cpu=law.mean())
        return replace(total.beside(undo, weight), time=total.time.after(undo.time, weight))
