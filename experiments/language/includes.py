"""Other files that belong to an experiment: fragments that it includes, and lists of measured times.

Both lie below the experiment file's own folder, so that a folder can be copied and still runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from experiments.language.problems import ExperimentError, Place, Problem, problem
from experiments.language.source import LARGEST_FILE, parse, read_text
from experiments.language.traces import with_arrivals
from experiments.language.tree import Listing, Node, Scalar, Table, items, shown, text

_NAMED = {
    "services",
    "network",
    "routes",
    "brokers",
    "topics",
    "policies",
    "calls",
    "phases",
    "objectives",
    "variants",
    "sweep",
    "defaults",
    "run",
    "check",
}
_LISTED = {"workload", "faults", "changes"}


@dataclass
class Folder:
    """Where the experiment lies, and what was read from there so far (name to text)."""

    path: Path
    files: dict[str, str] = field(default_factory=dict)

    def read(self, name: str, place: Place, largest: int = LARGEST_FILE) -> str:
        """The text of a file below the folder.

        Raises:
            ExperimentError: it lies elsewhere, or cannot be read.
        """
        if name in self.files:
            return self.files[name]
        goal = Path(name)
        inside = (self.path / goal).resolve().is_relative_to(self.path.resolve()) if "\0" not in name else False
        if goal.is_absolute() or not inside:
            raise ExperimentError([problem(place, "must lie below the experiment file's folder", name)])
        try:
            content = read_text(self.path / goal, name, largest)
        except ExperimentError as error:
            reasons = [problem(place, f"{name}: {entry.message}") for entry in error.problems]
            raise ExperimentError(reasons) from None
        self.files[name] = content
        return content


def with_includes(root: Table, folder: Folder) -> Table:
    """The experiment with its fragments merged in, and without the key ``include``.

    Raises:
        ExperimentError: a fragment cannot be read, or defines a name for the second time.
    """
    written = root.entries.get("include")
    if written is None:
        return root
    if not isinstance(written, Listing) or not all(text(item) for item in items(written)):
        raise ExperimentError([problem(written.place, "must be a list of file names", shown(written))])
    result = root.without("include")
    problems: list[Problem] = []
    for item in items(written):
        try:
            fragment = parse(folder.read(text(item), item.place), text(item))
        except ExperimentError as error:
            problems.extend(error.problems)
            continue
        result = _joined(result, fragment, problems)
    if problems:
        raise ExperimentError(problems)
    return result


def _joined(root: Table, fragment: Table, problems: list[Problem]) -> Table:
    for key, node in fragment.entries.items():
        place = fragment.key_place(key)
        before = root.entries.get(key)
        if key == "include":
            problems.append(problem(place, "a fragment cannot include others: list them in the experiment"))
        elif key.startswith("x-") or key == "callsim":
            continue
        elif before is None:
            root = root.with_entry(key, node, place)
        elif key in _NAMED and isinstance(before, Table) and isinstance(node, Table):
            root = root.with_entry(key, _tables(before, node, problems), root.key_place(key))
        elif key in _LISTED and isinstance(before, Listing) and isinstance(node, Listing):
            root = root.with_entry(key, Listing(before.place, (*before.items, *node.items)), root.key_place(key))
        else:
            problems.append(problem(place, _twice(root.key_place(key)), key))
    return root


def _tables(before: Table, after: Table, problems: list[Problem]) -> Table:
    for name, node in after.entries.items():
        place = after.key_place(name)
        if name in before.entries:
            problems.append(problem(place, _twice(before.key_place(name)), name))
        else:
            before = before.with_entry(name, node, place)
    return before


def _twice(first: Place) -> str:
    return f"defined twice; the first is in {first.file}, line {first.line}"


def with_measured_times(node: Node, folder: Folder, problems: list[Problem]) -> Node:
    """The node with the values of every ``{dist: empirical, file: …}`` read in (one duration per line), and with the
    arrivals of every trace."""
    if isinstance(node, Listing):
        return Listing(node.place, tuple(with_measured_times(item, folder, problems) for item in node.items))
    if not isinstance(node, Table):
        return node
    file = node.entries.get("file")
    if file is not None and text(node.entries.get("process")) == "trace":
        return with_arrivals(node, file, folder.read, problems)
    if file is not None and text(node.entries.get("dist")) == "empirical" and "values" not in node.entries:
        return _measured(node, file, folder, problems)
    entries: Mapping[str, Node] = {
        key: with_measured_times(value, folder, problems) for key, value in node.entries.items()
    }
    return Table(node.place, entries, node.keys)


def _measured(law: Table, file: Node, folder: Folder, problems: list[Problem]) -> Node:
    try:
        content = folder.read(text(file), file.place)
    except ExperimentError as error:
        problems.extend(error.problems)
        return law
    lines = [(number, line.split("#")[0].strip()) for number, line in enumerate(content.splitlines(), 1)]
    values = tuple(Scalar(Place(text(file), number, 1, f"line {number}"), line, line) for number, line in lines if line)
    return law.with_entry("values", Listing(file.place, values), file.place)
