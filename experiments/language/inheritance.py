"""Services that extend others: each takes everything of the other one and lays its own keys over it.

This happens after overrides and before anything is checked, so that every later reader sees whole services. Every
inherited key keeps the place where it is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from experiments.language.merging import merge, strip_none
from experiments.language.problems import Problem, problem
from experiments.language.tree import Table, is_none, table, text
from simulator.spec.base import hint


@dataclass
class Inheritance:
    """What came of all services of one experiment.

    Attributes:
        root: the experiment with whole services.
        services: those that extend another one, whole, by name.
        problems: names that lead nowhere, and rings.
    """

    root: Table
    services: dict[str, Table] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    _broken: set[str] = field(default_factory=set)
    _origins: dict[str, str] = field(default_factory=dict)

    def said_once(self, problems: Iterable[Problem]) -> list[Problem]:
        """The problems without those that only say of an heir what is said of the service that it extends, and without
        what is missing because a service leads nowhere."""
        if not self._origins and not self._broken:
            return list(problems)
        kept: dict[Problem, Problem] = {}
        for entry in problems:
            if self._only_follows(entry):
                continue
            key = replace(entry, message=self._of_the_origin(entry.message))
            before = kept.setdefault(key, entry)
            kept[key] = min(before, entry, key=lambda found: (found.message != key.message, found.message))
        return list(kept.values())

    def _only_follows(self, entry: Problem) -> bool:
        if not entry.message.endswith("' is missing"):
            return False
        places = (table(self.root, "services", name).place for name in sorted(self._broken))
        return any((entry.file, entry.line, entry.column) == (place.file, place.line, place.column) for place in places)

    def _of_the_origin(self, message: str) -> str:
        """A message as it would be about the service at the end of the chain."""
        if not self._origins:
            return message
        names = "|".join(re.escape(name) for name in sorted(self._origins, key=lambda name: (-len(name), name)))
        return re.sub(rf"(?<!\w)(?:{names})(?!\w)", lambda found: self._origins[found[0]], message)


def with_inherited(root: Table) -> Inheritance:
    """The experiment in which every service stands whole.

    Args:
        root: overrides applied, nothing checked yet.
    """
    services = table(root, "services")
    if not any(_extends(services, name) for name in services.entries):
        return Inheritance(root)
    return _Families(root, services).resolved()


def bases(services: Table, name: str) -> list[str]:
    """The services that one extends, the next first; ends before one that is not there or comes again."""
    found = [name]
    for base in _ancestors(services, name):
        if base in found or base not in services.entries:
            break
        found.append(base)
    return found[1:]


def _ancestors(services: Table, name: str) -> Iterator[str]:
    while name := text(table(services, name).entries.get("extends")):
        yield name


def _extends(services: Table, name: str) -> bool:
    return "extends" in table(services, name).entries


class _Families:
    def __init__(self, root: Table, services: Table) -> None:
        self._root = root
        self._written = services
        self._whole: dict[str, Table] = {}
        self._broken: set[str] = set()
        self._rings: set[tuple[str, ...]] = set()
        self._problems: list[Problem] = []

    def resolved(self) -> Inheritance:
        """Every service whole."""
        services = self._written
        for name in sorted(services.entries):
            if _extends(services, name):
                whole = self._service(name)
                services = services.with_entry(name, whole, services.key_place(name))
        heirs = {name: table(services, name) for name in sorted(services.entries) if _extends(services, name)}
        origins = {name: (bases(self._written, name) or [name])[-1] for name in heirs if name not in self._broken}
        root = self._root.with_entry("services", services, self._root.key_place("services"))
        return Inheritance(root, heirs, self._problems, self._broken, origins)

    def _service(self, name: str) -> Table:
        """One service over all that it extends: from the end of the chain to its beginning."""
        chain = [name]
        while chain[-1] not in self._whole and (base := self._base(chain)):
            chain.append(base)
        below: Table | None = None
        for link in reversed(chain):
            if link not in self._whole:
                self._whole[link] = _laid_over(below, table(self._written, link))
            below = self._whole[link]
        return self._whole[name]

    def _base(self, chain: list[str]) -> str:
        """What the last of a chain extends, if that can be followed."""
        written = table(self._written, chain[-1]).entries.get("extends")
        base = text(written)
        if written is None or is_none(written):
            return ""
        if base in chain:
            self._ring(chain[chain.index(base) :])
        elif base and base not in self._written.entries:
            known = hint(base, self._written.entries) or f"; there are: {', '.join(sorted(self._written.entries)[:12])}"
            self._problems.append(problem(written.place, f"there is no service {base!r}{known}"))
        elif isinstance(self._written.entries.get(base), Table):
            if base in self._broken:
                self._broken.update(chain)
            return base
        self._broken.update(chain)
        return ""

    def _ring(self, members: list[str]) -> None:
        """Says once, at its first name's line, that services extend each other."""
        first = members.index(min(members))
        ring = (*members[first:], *members[:first])
        if ring not in self._rings:
            self._rings.add(ring)
            place = table(self._written, ring[0]).entries["extends"].place
            self._problems.append(problem(place, f"extends itself: {' -> '.join((*ring, ring[0]))}"))


def _laid_over(below: Table | None, own: Table) -> Table:
    written = own.entries.get("extends")
    if written is None:
        return own
    if below is None:
        rest = strip_none(own.without("extends"))
        return rest if is_none(written) else rest.with_entry("extends", written, own.key_place("extends"))
    merged = merge(_making_room(below, own), own.without("extends"), ("services", "heir"))
    assert isinstance(merged, Table)
    return merged.with_entry("extends", written, own.key_place("extends"))


def _making_room(below: Table, own: Table) -> Table:
    """What is inherited, without the work of an operation that gets steps, and the other way round."""
    operations = table(below, "operations")
    for name, body in table(own, "operations").entries.items():
        inherited = operations.entries.get(name)
        if isinstance(body, Table) and isinstance(inherited, Table):
            gone = [old for old, new in (("work", "steps"), ("steps", "work")) if new in body.entries]
            operations = operations.with_entry(name, inherited.without(*gone), operations.key_place(name))
    if not operations.entries:
        return below
    return below.with_entry("operations", operations, below.key_place("operations"))
