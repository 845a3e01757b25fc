"""The policies of every edge: entries of `calls` laid over each other, from `default` to the most specific.

Every key keeps the place where it was written, through extends and merging, so that it can be shown.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from experiments.language.edges import Pattern, parse_pattern
from experiments.language.merging import expand, merge, strip_none
from experiments.language.problems import Place, Problem, problem
from experiments.language.tree import EMPTY, Listing, Node, Table, child, is_none, planted, shown, table, text
from experiments.language.validation import validate
from simulator.spec.base import FROM_FILE, hint
from simulator.spec.experiment import CLIENT
from simulator.spec.policies import NAMED_STACKS, ORDER, CallSpec, EdgePolicies, StackItem
from simulator.spec.scenario import Edge


@dataclass
class Calls:
    """The tables `policies` and `calls` of one experiment, ready to answer for any edge."""

    policies: Table
    default: Node | None
    patterns: list[tuple[Pattern, Node]]
    keys: dict[Pattern, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    used_policies: set[str] = field(default_factory=set)
    used_patterns: set[Pattern] = field(default_factory=set)

    @classmethod
    def read(cls, root: Table) -> Calls:
        """Takes both tables from an experiment; keys that are no edges become problems."""
        written = table(root, "calls")
        calls = cls(table(root, "policies"), written.entries.get("default"), [])
        for key, node in written.entries.items():
            if key == "default":
                continue
            calls._add(key, node, written.key_place(key))
        calls.patterns.sort(key=lambda entry: entry[0].rank)
        return calls

    def _add(self, key: str, node: Node, place: Place) -> None:
        try:
            pattern = parse_pattern(key)
        except ValueError as error:
            self.problems.append(problem(place, str(error)))
            return
        if pattern in self.keys:
            self.problems.append(problem(place, f"the same edge as in line {self.keys[pattern].line}"))
            return
        self.keys[pattern] = place
        self.patterns.append((pattern, node))

    def merged(self, edge: Edge) -> Table:
        """All that is written for an edge, as one table (see `settled`)."""
        result = EMPTY
        if edge.caller != CLIENT and self.default is not None:
            result = self._lay_over(result, self.default, ("calls", "default"))
        for pattern, node in self.patterns:
            if pattern.fits(edge):
                self.used_patterns.add(pattern)
                result = self._lay_over(result, node, ("calls", "entry"))
        return settled(result)

    def _lay_over(self, below: Table, node: Node, keys: tuple[str, ...]) -> Table:
        if is_none(node):
            return EMPTY
        entry = expand(node, keys)
        if not isinstance(entry, Table):
            return below
        if "extends" in entry.entries:
            return self._entry(entry, ())
        if "stack" in entry.entries:
            below = below.without(*(key for key in below.entries if key not in ("cancel", "via")))
        return _table(merge(below, entry, ("calls", "entry"), keep_none=True))

    def _entry(self, entry: Table, trail: tuple[str, ...]) -> Table:
        """An entry over what it extends."""
        name = text(entry.entries.get("extends"))
        own = entry.without("extends")
        if not name:
            return own
        place = entry.entries["extends"].place
        if name in trail:
            if name == trail[0] == min(trail):  # once for the whole ring
                self.problems.append(problem(place, f"extends itself: {' -> '.join((*trail, name))}"))
            return own
        base = self.policies.entries.get(name)
        if base is None:
            known = hint(name, self.policies.entries)
            self.problems.append(problem(place, f"there is no policy {name!r}{known}"))
            return own
        self.used_policies.add(name)
        expanded = expand(base, ("policies", name))
        if not isinstance(expanded, Table):
            return own
        below = self._entry(expanded, (*trail, name))
        return _table(merge(below, own, ("calls", "entry"), keep_none=True)) if own.entries else below

    def check_every_policy(self) -> None:
        """Follows the extends of every policy and entry, used or not, for the problems that it meets."""
        used = set(self.used_policies)
        for name, node in self.policies.entries.items():
            expanded = expand(node, ("policies", name))
            if isinstance(expanded, Table):
                self._entry(expanded, (name,))
        nodes = [node for _, node in self.patterns] + ([] if self.default is None else [self.default])
        for node in nodes:
            entry = expand(node, ("calls", "entry"))
            if isinstance(entry, Table):
                self._entry(entry, ())
                used.add(text(entry.entries.get("extends")))
        self.used_policies |= used


def _table(node: Node) -> Table:
    return node if isinstance(node, Table) else EMPTY


def resolve(merged: Table) -> tuple[EdgePolicies | None, list[Problem]]:
    """The policies that a merged table comes to, or what is wrong with it."""
    stacked, problems = with_stack(merged)
    if problems:
        return None, problems
    spec, problems = validate(CallSpec, stacked, FROM_FILE)
    if spec is None:
        return None, problems
    if spec.stack is not None:
        stack = tuple(_only(entry) for entry in spec.stack)
    else:
        present = ((name, getattr(spec, name)) for name in ORDER)
        stack = tuple(StackItem(name, policy) for name, policy in present if policy is not None)
    return EdgePolicies(stack=stack, cancel=spec.cancel or "never", via=spec.via), []


def _only(entry: object) -> StackItem:
    name = next(name for name in ORDER if getattr(entry, name) is not None)
    return StackItem(name, getattr(entry, name))


def settled(entry: Table) -> Table:
    """An entry in which ``none`` has done its work and is gone, but for policies that a stack is to lose."""
    stripped = strip_none(entry)
    if "stack" in stripped.entries:
        for name in ORDER:
            own = entry.entries.get(name)
            if own is not None and is_none(own):
                stripped = stripped.with_entry(name, own, entry.key_place(name))
    return stripped


def with_stack(merged: Table) -> tuple[Table, list[Problem]]:
    """Keys written beside a stack laid over the stack's one policy of that name; empty places are gone."""
    stack = merged.entries.get("stack")
    named = text(stack)
    if stack is not None and named in NAMED_STACKS:
        stack = planted(NAMED_STACKS[named], stack.place)
    if not isinstance(stack, Listing):
        return merged, []
    members: list[Node] = list(stack.items)
    problems = []
    for name in ORDER:
        own = merged.entries.get(name)
        if own is None:
            continue
        found = [index for index, member in enumerate(members) if child(member, name) is not None]
        if len(found) != 1:
            if found or not is_none(own):
                problems.append(problem(merged.key_place(name), _misplaced(name, len(found), named), shown(own)))
            continue
        member = table(members[found[0]])
        laid = merge(member.entries[name], own, (name,))
        members[found[0]] = member.with_entry(name, laid, merged.key_place(name))
    kept = tuple(member for member in members if not _is_empty(member))
    return merged.without(*ORDER).with_entry("stack", Listing(stack.place, kept), stack.place), problems


def _is_empty(member: Node) -> bool:
    """Whether a member of a stack is a place with nothing there."""
    return isinstance(member, Table) and len(member.entries) == 1 and all(map(is_none, member.entries.values()))


def _misplaced(name: str, there: int, named: str) -> str:
    if named:
        places = ", ".join(key for member in NAMED_STACKS[named] for key in member)
        return f"the stack {named} has no place for {name!r} (it has: {places}); write the stack as a list"
    return f"the stack has {there} policies {name!r}: write this one in the list"
