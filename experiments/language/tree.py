"""The experiment as plain nodes that remember where they were written. Nodes are never changed, only replaced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from experiments.language.problems import Place

Value = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value; ``text`` is as written."""

    place: Place
    value: Value
    text: str


@dataclass(frozen=True, slots=True)
class Listing:
    """A sequence of nodes."""

    place: Place
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping in the file's order; ``keys`` says where each key stands."""

    place: Place
    entries: Mapping[str, Node]
    keys: Mapping[str, Place] = field(default_factory=dict)

    def with_entry(self, key: str, node: Node, place: Place) -> Table:
        """The same table with one entry set."""
        return Table(self.place, {**self.entries, key: node}, {**self.keys, key: place})

    def without(self, *gone: str) -> Table:
        """The same table without some entries."""
        entries = {key: node for key, node in self.entries.items() if key not in gone}
        return Table(self.place, entries, self.keys)

    def key_place(self, key: str) -> Place:
        """Where a key stands; the table's own place where it was not written."""
        return self.keys.get(key, self.place)


Node = Scalar | Listing | Table

NOWHERE = Place("", 1, 1)
EMPTY = Table(NOWHERE, {})


def plain(node: Node) -> Any:
    """The node as dictionaries, lists and values."""
    if isinstance(node, Table):
        return {key: plain(value) for key, value in node.entries.items()}
    if isinstance(node, Listing):
        return [plain(item) for item in node.items]
    return node.value


def planted(value: Any, place: Place) -> Node:
    """Dictionaries, lists and values as nodes that are all said to stand at one place: what `plain` takes apart."""
    if isinstance(value, Mapping):
        entries = {str(key): planted(inner, place) for key, inner in value.items()}
        return Table(place, entries, dict.fromkeys(entries, place))
    if isinstance(value, (list, tuple)):
        return Listing(place, tuple(planted(inner, place) for inner in value))
    return Scalar(place, value, str(value))


def shown(node: Node) -> str:
    """What to say was written there."""
    if isinstance(node, Scalar):
        return node.text
    return "a mapping" if isinstance(node, Table) else "a list"


def is_none(node: Node | None) -> bool:
    """Whether the node is the word that takes something away."""
    return isinstance(node, Scalar) and node.value == "none"


def child(node: Node | None, *keys: str) -> Node | None:
    """The node under a chain of keys, or None where it ends earlier."""
    for key in keys:
        node = node.entries.get(key) if isinstance(node, Table) else None
    return node


def table(node: Node | None, *keys: str) -> Table:
    """As `child`, but an empty table where there is none."""
    found = child(node, *keys)
    return found if isinstance(found, Table) else EMPTY


def items(node: Node | None) -> tuple[Node, ...]:
    """The members of a list, none where there is no list."""
    return node.items if isinstance(node, Listing) else ()


def text(node: Node | None) -> str:
    """The text of a value that is a text, else an empty one."""
    return node.value if isinstance(node, Scalar) and isinstance(node.value, str) else ""


def walk(node: Node) -> Iterator[Node]:
    """The node and everything under it."""
    yield node
    below: tuple[Node, ...] = ()
    if isinstance(node, Table):
        below = tuple(node.entries.values())
    elif isinstance(node, Listing):
        below = node.items
    for entry in below:
        yield from walk(entry)


def leaves(node: Node, path: str = "") -> Iterator[tuple[str, Scalar]]:
    """Every single value under a node with the way to it: keys joined by dots, members of lists as ``[0]``."""
    if isinstance(node, Scalar):
        yield path, node
    elif isinstance(node, Table):
        for key, inner in node.entries.items():
            yield from leaves(inner, f"{path}.{key}" if path else key)
    else:
        for index, inner in enumerate(node.items):
            yield from leaves(inner, f"{path}[{index}]")


def moved(node: Node, place: Place) -> Node:
    """The same content, said to stand at another place (an override's, say)."""
    if isinstance(node, Table):
        entries = {key: moved(value, place) for key, value in node.entries.items()}
        return Table(place, entries, dict.fromkeys(entries, place))
    if isinstance(node, Listing):
        return Listing(place, tuple(moved(item, place) for item in node.items))
    return Scalar(place, node.value, node.text)
