"""A small wired model under a test's own hands: ``front`` calls ``back``, and the test says who asks when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from simulator.build.model import build
from simulator.conservation import check
from simulator.kernel.environment import Steps, Task
from simulator.kernel.root import Root
from simulator.network.attempt import Request
from simulator.services.replica import Replica
from simulator.spec.experiment import ExperimentSpec
from simulator.spec.laws import ConstantLaw
from simulator.spec.policies import BreakerSpec, DeadlineSpec, EdgePolicies, RetrySpec, StackItem
from simulator.spec.scenario import Edge, Scenario

SPECS: dict[str, Any] = {"deadline": DeadlineSpec, "retry": RetrySpec, "breaker": BreakerSpec, "timeout": ConstantLaw}


def experiment(**tables: Any) -> ExperimentSpec:
    """An experiment, with a workload and a duration if none is given. Times are numbers of seconds."""
    workload = [{"call": "front.serve", "arrivals": {"process": "constant", "rate": 1.0}}]
    return ExperimentSpec.model_validate({"workload": workload, "run": {"duration": 1000.0}, **tables})


def policies(cancel: str = "never", **stack: Mapping[str, Any]) -> EdgePolicies:
    """The policies of an edge, outermost first."""
    items = tuple(StackItem(name, SPECS[name].model_validate(settings)) for name, settings in stack.items())
    return EdgePolicies.model_validate({"stack": items, "cancel": cancel})


class Bench:
    """The services ``front`` and ``back``; each operation of ``back`` is called by one of the same name at ``front``.

    Args:
        back: the service ``back`` as in a file.
        edge: the policies of every call from front to back.
        more_edges: the policies of other calls.
        tables: further tables of the experiment.

    Attributes:
        answers: when each caller had its reply (seconds), and what it was.
    """

    def __init__(
        self,
        back: dict[str, Any],
        edge: EdgePolicies | None = None,
        *,
        more_edges: Mapping[Edge, EdgePolicies] | None = None,
        **tables: Any,
    ) -> None:
        operations = back["operations"]
        front = {
            "workers": 1000,
            "operations": {name: {"steps": [{"call": f"back.{name}"}]} for name in operations},
        }
        made = experiment(services={"front": front, "back": back, **tables.pop("services", {})}, **tables)
        edges = {Edge("front", "back", name): edge or EdgePolicies() for name in operations}
        edges.update({Edge("client", "front", name): EdgePolicies() for name in operations})
        edges.update(more_edges or {})
        self.world = build(Scenario("bench", "base", "", made, edges), 0)
        self.environment = self.world.environment
        self.journal = self.world.journal
        self.answers: dict[str, tuple[float, str]] = {}
        self.tasks: dict[str, Task] = {}
        self.roots: dict[str, Root] = {}
        self._outgoing = list(self.world.services["front"].outgoing)

    @property
    def replicas(self) -> Sequence[Replica]:
        """The replicas of ``back``."""
        return self.world.services["back"].replicas

    @property
    def replica(self) -> Replica:
        """The only replica of ``back``."""
        (only,) = self.replicas
        return only

    def call(self, operation: str, request: Request) -> Steps:
        """Front's composed call of an operation of back."""
        number = next(place for place, (edge, _) in enumerate(self._outgoing) if edge.operation == operation)
        return self.world.services["front"].replicas[0].calls[number](request)

    def ask(self, *names: str, operation: str = "serve", at: float = 0.0) -> None:
        """Let callers ask, one after the other, at a time."""
        for name in names:
            root = self.roots[name] = Root(self.world.entries[0], 0, len(self.roots), at, self.journal)
            self.environment.at(at, self._start, (name, operation, root))

    def _start(self, who: tuple[str, str, Root]) -> None:
        name, operation, root = who
        self.journal.active[root] = None
        self.tasks[name] = self.environment.start(self._caller(name, operation, root), root)

    def _caller(self, name: str, operation: str, root: Root) -> Steps:
        request = Request(root, root.entry.path.child(operation), self.tasks[name])
        reply = yield from self.call(operation, request)
        self.journal.answered(root, reply, self.environment.now)
        self.answers[name] = (self.environment.now, f"{reply.outcome.label} {reply.reason}".strip())

    def run(self, end: float = 1000.0) -> dict[str, tuple[float, str]]:
        """Let the clock run; the books must balance. The answers so far."""
        self.environment.run_until(end)
        check(self.world)
        return self.answers

    @property
    def times(self) -> dict[str, float]:
        """When each caller had its ok."""
        return {name: time for name, (time, outcome) in self.answers.items() if outcome == "ok"}
