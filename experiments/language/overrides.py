"""Overrides: a path and a value, applied to the file as it was written, before anything is resolved.

Raises `OverrideError` with plain words; who calls says where the override stands.
"""

from __future__ import annotations

from experiments.language.inheritance import bases
from experiments.language.merging import expand, merge
from experiments.language.paths import Segment, format_path
from experiments.language.problems import Place
from experiments.language.tree import Listing, Node, Scalar, Table, child, is_none, shown, table, text
from simulator.spec.base import hint, nearest

_NAMED_TABLES = {"services", "operations", "topics", "brokers"}
_INHERITING = {"calls", "policies"}


class OverrideError(ValueError):
    """An override that cannot be applied."""


def apply(root: Table, path: tuple[Segment, ...], value: Node, place: Place) -> Table:
    """The experiment with one place changed.

    Args:
        root: the experiment as written.
        path: where.
        value: a scalar or list replaces, a mapping merges, the word none removes.
        place: where the override stands; new keys are said to stand there.

    Raises:
        OverrideError: the path leads nowhere.
    """
    if path == ("services",) and isinstance(value, Table):
        for name, member in value.entries.items():
            root = apply(root, ("services", name), member, value.key_place(name))
        return root
    changed = _Override(path, value, place, root).into(root, path, ())
    if not isinstance(changed, Table):
        raise OverrideError("the whole experiment cannot be replaced")
    return changed


class _Override:
    def __init__(self, path: tuple[Segment, ...], value: Node, place: Place, root: Table) -> None:
        self.path = path
        self.value = value
        self.place = place
        self.root = root
        self.inherits = path[0] in _INHERITING or _is_heir(root, path, value)

    def into(self, node: Node, rest: tuple[Segment, ...], keys: tuple[str, ...], parent: Node | None = None) -> Node:
        """The node with the override applied ``rest`` further down."""
        if not rest:
            return self._at_goal(node, keys, parent)
        node = expand(node, keys, parent)
        if isinstance(node, Table):
            return self._into_table(node, rest, keys)
        if isinstance(node, Listing):
            return self._into_list(node, rest, keys)
        raise OverrideError(f"{self._said(rest)} is the single value {shown(node)}: it has no part {rest[0]!r}")

    def _said(self, rest: tuple[Segment, ...]) -> str:
        return format_path(self.path[: len(self.path) - len(rest)]) or "the experiment"

    def _at_goal(self, node: Node, keys: tuple[str, ...], parent: Node | None) -> Node:
        if isinstance(self.value, Table) and isinstance(node, Listing):
            changed: Node = node
            for key, member in self.value.entries.items():
                changed = _Override((*self.path, key), member, self.value.key_place(key), self.root).into(
                    changed, (key,), keys
                )
            return changed
        return merge(expand(node, keys, parent), self.value, keys, keep_none=self.inherits)

    def _into_table(self, node: Table, rest: tuple[Segment, ...], keys: tuple[str, ...]) -> Node:
        key = rest[0]
        if isinstance(key, int):
            raise OverrideError(f"{self._said(rest)} is a mapping: name a key of it instead of [{key}]")
        node = _with_steps(node, key, keys)
        key = _as_written(node, key, keys)
        if key not in node.entries:
            return self._create(node, key, rest, keys)
        if len(rest) == 1 and is_none(self.value) and self._removes(keys, key):
            return node.without(key)
        inner = self.into(node.entries[key], rest[1:], (*keys, key), node)
        place = self.place if len(rest) == 1 else node.key_place(key)
        return node.with_entry(key, inner, place)

    def _removes(self, keys: tuple[str, ...], key: str) -> bool:
        """Whether none takes the key away here; where entries inherit, it must stay to be seen."""
        inherits = self.inherits and len(keys) > (1 if keys[:1] == ("services",) else 0)
        return key != "kind" and not inherits and not (keys and keys[-1] == "undo")

    def _inherited(self, keys: tuple[str, ...]) -> set[str]:
        """The keys that a table of a service inherits."""
        if len(keys) < 2 or keys[0] != "services":
            return set()
        services = table(self.root, "services")
        return {key for base in bases(services, keys[1]) for key in table(services, base, *keys[2:]).entries}

    def _create(self, node: Table, key: str, rest: tuple[Segment, ...], keys: tuple[str, ...]) -> Node:
        if is_none(self.value) and self._removes(keys, key):
            return node
        known = {**node.entries, **dict.fromkeys(sorted(self._inherited(keys)))}
        if len(rest) > 1 and keys and keys[-1] in _NAMED_TABLES and key not in known and nearest(key, known):
            raise OverrideError(f"{self._said(rest)} has no {key!r}{hint(key, known)}")
        if isinstance(rest[-1], int) or (len(rest) > 1 and isinstance(rest[1], int)):
            raise OverrideError(f"{self._said(rest)} has no list {key!r}{hint(key, node.entries)}")
        empty = Table(self.place, {})
        inner = (
            self.into(empty, rest[1:], (*keys, key), node)
            if len(rest) > 1
            else merge(None, self.value, (*keys, key), keep_none=self.inherits)
        )
        return node.with_entry(key, inner, self.place)

    def _into_list(self, node: Listing, rest: tuple[Segment, ...], keys: tuple[str, ...]) -> Node:
        index = self._member(node, rest, keys)
        members = list(node.items)
        if len(rest) == 1 and is_none(self.value):
            del members[index]
        else:
            members[index] = self.into(members[index], rest[1:], keys, node)
        return Listing(node.place, tuple(members))

    def _member(self, node: Listing, rest: tuple[Segment, ...], keys: tuple[str, ...]) -> int:
        wanted = rest[0]
        if isinstance(wanted, int):
            if wanted < len(node.items):
                return wanted
            raise OverrideError(f"{self._said(rest)} has no [{wanted}]: it has {len(node.items)} members, from [0]")
        names = [member_name(member) for member in node.items]
        found = [index for index, name in enumerate(names) if name == wanted]
        if len(found) == 1:
            return found[0]
        known = [name for name in names if name]
        advice = hint(wanted, known) or (f"; known here: {', '.join(known)}" if known else "; use [index]")
        many = "more than one member" if found else "no member"
        raise OverrideError(f"{self._said(rest)} has {many} named {wanted!r}{advice}")


def _as_written(node: Table, key: str, keys: tuple[str, ...]) -> str:
    """The key of an edge as the file spells it: spaces round the arrow mean nothing."""
    if keys not in (("calls",), ("network",)) or key in node.entries:
        return key
    same = [other for other in node.entries if _squeezed(other) == _squeezed(key)]
    return same[0] if same else key


def _is_heir(root: Table, path: tuple[Segment, ...], value: Node) -> bool:
    """Whether a path leads into a service that extends another: there the word none must stay, to take away what is
    inherited."""
    if len(path) < 2 or path[0] != "services":
        return False
    extends = child(root, "services", str(path[1]), "extends")
    return extends is not None or (len(path) == 2 and child(value, "extends") is not None)


def _squeezed(key: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in key.split("->"))


def member_name(member: Node) -> str:
    """The name of a list's member, as written or by default."""
    if isinstance(member, Scalar):
        return text(member).partition(".")[2]
    written = text(child(member, "name"))
    called = text(child(member, "call")) or text(child(member, "operation"))
    return written or called.partition(".")[2] or text(child(member, "kind"))


def _with_steps(node: Table, key: str, keys: tuple[str, ...]) -> Table:
    """An operation's ``work`` written as its step, where a path asks for its steps."""
    is_operation = len(keys) == 4 and keys[0] == "services" and keys[2] == "operations"
    work = node.entries.get("work")
    if key != "steps" or not is_operation or work is None or "steps" in node.entries:
        return node
    place = node.key_place("work")
    step = Table(place, {"work": work}, {"work": place})
    return node.without("work").with_entry("steps", Listing(place, (step,)), place)
