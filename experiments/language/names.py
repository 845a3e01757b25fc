"""What things may be called. Names stand in paths and tables, so a few characters are taken."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from experiments.language.overrides import member_name
from experiments.language.problems import Place, Problem, problem
from experiments.language.tree import Node, Table, child, items, table, text

RESERVED = ("client", "default", "none", "all")
LONGEST = 200

_TAKEN = re.compile(r'[."*\[\]\r\n]|->')


def name_error(name: str, *, dots: bool = False) -> str:
    """Why a text cannot be a name, or an empty text. Topics may hold dots."""
    taken = _TAKEN.search(name.replace(".", "") if dots else name)
    if not name.strip():
        return "a name must not be empty"
    if len(name) > LONGEST:
        return f"a name has at most {LONGEST} characters"
    if taken:
        return f"a name must not hold {taken[0]!r}"
    if name != name.strip():
        return "a name must not begin or end with a space"
    return f"the name {name!r} is reserved" if name in RESERVED else ""


def check_names(root: Table) -> list[Problem]:
    """Every name of the experiment that cannot be one, and every list member whose name is taken."""
    problems = []
    for name, place, dots in _names(root):
        if reason := name_error(name, dots=dots):
            problems.append(problem(place, reason))
    for key in ("workload", "faults"):
        problems.extend(_twice(key, root.entries.get(key)))
    for topic in table(root, "topics").entries.values():
        problems.extend(_twice("subscribers", child(topic, "subscribers")))
    faults = {member_name(fault) for fault in items(root.entries.get("faults"))}
    phases = table(root, "phases")
    taken = [name for name in phases.entries if name in faults]
    return problems + [problem(phases.key_place(name), "a fault has this name already") for name in taken]


def _names(root: Table) -> Iterator[tuple[str, Place, bool]]:
    for key in ("services", "brokers", "topics", "policies", "routes", "phases", "variants"):
        names = table(root, key)
        for name in names.entries:
            yield name, names.key_place(name), key == "topics"
    for service in table(root, "services").entries.values():
        operations = table(service, "operations")
        for name in operations.entries:
            yield name, operations.key_place(name), False
    for route in table(root, "routes").entries.values():
        for name, place in table(route, "split").keys.items():
            yield name, place, False
    for key in ("workload", "faults", "changes"):
        for member in items(root.entries.get(key)):
            written = child(member, "name")
            if written is not None and text(written):
                yield text(written), written.place, False


def _twice(key: str, listing: Node | None) -> list[Problem]:
    members = [(member_name(member), member) for member in items(listing)]
    counts = Counter(name for name, _ in members if name)
    seen: set[str] = set()
    problems = []
    for name, member in members:
        if counts[name] > 1 and name in seen:
            problems.append(problem(member.place, f"another entry of {key} is named {name!r}: give this one a 'name'"))
        seen.add(name)
    return problems


def file_name_error(name: str) -> str:
    """Why an experiment's name cannot name its results folder, or an empty text."""
    if any(sign in name for sign in '/\\:*?"<>|') or name.startswith((".", "-")) or not name.isprintable():
        return 'names a folder of results: it must not hold / \\ : * ? " < > | nor begin with . or -'
    return name_error(name, dots=True)
