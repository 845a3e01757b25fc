"""Warnings about hardware that a file promises without saying so: many workers at work at once, and no cores."""

from __future__ import annotations

from collections.abc import Iterator

from experiments.language.problems import Problem, problem
from experiments.language.tree import Table, child, table
from simulator.spec.experiment import ExperimentSpec
from simulator.spec.services import ServiceSpec
from simulator.spec.steps import WorkStep, all_steps
from simulator.spec.transactions import TransactionStep
from simulator.spec.work import WorkParts

MANY = 64
"""So many workers of one replica may work at once without a word: as many as a large machine has cores."""


def free_hardware(root: Table, experiment: ExperimentSpec) -> Iterator[Problem]:
    """Services whose replicas work on more than `MANY` requests at once, each as if it had a core for itself."""
    for name, service in experiment.services.items():
        if service.cores is not None or service.places <= MANY or service.queue.shares or not _computes(service):
            continue
        body = table(root, "services", name)
        node = child(body, "workers")
        if node is not None:
            yield problem(
                node.place,
                f"{service.workers} workers and no cores: the file promises every one a core for free; write cores, or "
                "what only waits as pause, or as work: {io: …}",
            )


def _computes(service: ServiceSpec) -> bool:
    """Whether any of its work may be a processor's: work that is not io alone, and takes time."""
    for operation in service.operations.values():
        for step in all_steps((*operation.steps, *operation.on_failure)):
            if isinstance(step, WorkStep | TransactionStep):
                work = step.work if isinstance(step, WorkStep) else step.transaction.work
                cpu = work.cpu if isinstance(work, WorkParts) else work
                if cpu is not None and cpu.mean() > 0:
                    return True
    return False
