"""Changes during a run: each is applied to the file as it stands by then, and the whole is checked again after it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from experiments.language.live import LIVE_PATHS, fixed_paths
from experiments.language.paths import format_path
from experiments.language.problems import Problem, problem
from experiments.language.references import change_name, phase_names
from experiments.language.tree import Node, Table, child, items, table, text
from experiments.language.variants import Change, path_changes, with_changes
from simulator.spec.base import hint
from simulator.spec.experiment import ExperimentSpec


def without_changes(root: Table) -> Table:
    """The file as a change leaves it: what else changes is known already."""
    return root.without("changes")


def stages(
    root: Table, experiment: ExperimentSpec, problems: list[Problem]
) -> Iterator[tuple[str, float, Node, Table]]:
    """The file as it stands after each change that sets paths: its name, when (seconds), its node, and the tree.

    Args:
        root: the file before all of them.
        experiment: its model.
        problems: takes what is wrong with the paths.
    """
    when = {change.name: change.at for change in experiment.changes}
    written = [node for node in items(root.entries.get("changes")) if child(node, "set") is not None]
    for node in sorted(written, key=lambda node: (when[change_name(node)], change_name(node))):
        changes = list(path_changes(table(node, "set"), problems))
        for change in changes:
            problems.extend(_fixed(change))
        root = with_changes(root, changes, problems)
        yield change_name(node), when[change_name(node)], node, without_changes(root)


def _fixed(change: Change) -> Iterator[Problem]:
    for path in fixed_paths(change.path, change.value):
        yield problem(change.place, f"{format_path(path)} cannot change during a run; live are: {LIVE_PATHS}")


def at_the_change(entry: Problem, node: Node, name: str) -> Problem:
    """A problem of the file as it stands after a change, said at the change unless it stands inside of it already."""
    inside = entry.path.startswith(node.place.path) and bool(node.place.path)
    if inside:
        return entry
    place = node.place
    said = f"after the change {name!r}, {entry.path or 'the experiment'}: {entry.message}"
    return replace(entry, file=place.file, line=place.line, column=place.column, path=place.path, message=said)


def check_changes(root: Table) -> Iterator[Problem]:
    """Deploys of services that do not exist, names that are taken, replicas that an autoscaler decides."""
    services = table(root, "services")
    seen = set(phase_names(root, changes=False))
    for node in items(root.entries.get("changes")):
        name, deployed = change_name(node), child(node, "deploy")
        if name in seen:
            yield problem(node.place, f"another change, fault or phase is named {name!r}: give this one a 'name'")
        seen.add(name)
        if deployed is not None and text(deployed) and text(deployed) not in services.entries:
            known = hint(text(deployed), services.entries) or f"; there are: {', '.join(sorted(services.entries))}"
            yield problem(deployed.place, f"there is no service {text(deployed)!r}{known}")


def scaled_by_itself(before: ExperimentSpec, after: ExperimentSpec, node: Node) -> Iterator[Problem]:
    """Changes of a number that an autoscaler decides."""
    for name, service in after.services.items():
        if service.autoscale is not None and service.replicas != before.services[name].replicas:
            message = f"services.{name}.replicas cannot change during a run: its autoscale decides how many there are"
            yield problem(node.place, message)
