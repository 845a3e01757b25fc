"""Asks a source for its keys and remembers which: whatever nobody asked for is warned about, so nothing is lost."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from experiments.importing import quantities
from experiments.language.problems import Place, Problem, problem
from experiments.language.tree import EMPTY, Listing, Node, Scalar, Table, shown

_PLACEHOLDER = re.compile(r"^\$\{[^:{}]+(?::([^{}]*))?\}$")
_FLAGS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


class Leaf(NamedTuple):
    """A value for the experiment file.

    Attributes:
        value: as the language writes it.
        note: where it comes from, for the comment beside it.
        place: of the source.
    """

    value: Any
    note: str
    place: Place


def assumed(value: Any, note: str, place: Place = EMPTY.place) -> Leaf:
    """A value that the source does not say in so many words; the note says why it is so."""
    return Leaf(value, note, place)


def canonical(key: str) -> str:
    """A key without the differences between its spellings: maxAttempts, max-attempts, max_attempts."""
    return key.replace("-", "").replace("_", "").lower()


@dataclass
class Source:
    """What is known of a file while it is read.

    Attributes:
        duration: reads the durations of its format: seconds, or a `ValueError`.
        hints: what to do about keys without a counterpart, by their canonical names.
        problems: what is wrong with it. warnings: what was left out, or needs a look.
    """

    duration: Callable[[str], Decimal]
    hints: Mapping[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    _asked: set[tuple[int, str]] = field(default_factory=set)
    _opened: dict[int, Node] = field(default_factory=dict)

    def reader(self, *tables: Table) -> Reader:
        """A reader of tables, the first of which wins; each is to be read key by key."""
        self._opened.update((id(table), table) for table in tables)  # kept, so that no id is given twice
        return Reader(self, tables)

    def warn(self, place: Place, message: str) -> None:
        """Say what somebody should look at."""
        self.warnings.append(problem(place, message))

    def refuse(self, place: Place, message: str) -> None:
        """Say what is wrong."""
        self.problems.append(problem(place, message))

    def ask(self, table: Table, key: str) -> None:
        """Remember that somebody asked for a key."""
        self._asked.add((id(table), key))

    def open(self, node: Node) -> None:
        """Remember that a list or a mapping is read member by member."""
        self._opened[id(node)] = node

    def warn_of_the_rest(self, root: Node) -> None:
        """A warning for every key that nobody asked for."""
        for place, key in self._rest(root):
            advice = self.hints.get(canonical(key), "")
            self.warn(place, f"has no counterpart and was left out{f': {advice}' if advice else ''}")

    def _rest(self, node: Node) -> Iterator[tuple[Place, str]]:
        if isinstance(node, Listing):
            for index, item in enumerate(node.items):
                if id(item) in self._opened:
                    yield from self._rest(item)
                else:
                    yield item.place, f"[{index}]"
        elif isinstance(node, Table):
            for key, value in node.entries.items():
                if (id(node), key) not in self._asked:
                    yield node.key_place(key), key
                elif id(value) in self._opened:
                    yield from self._rest(value)


class Reader:
    """Some tables laid over each other, the first one on top. All getters return None where nothing is written."""

    def __init__(self, source: Source, tables: tuple[Table, ...]) -> None:
        self.source = source
        self.tables = tables

    @property
    def place(self) -> Place:
        """Where the first table stands."""
        return self.tables[0].place if self.tables else EMPTY.place

    def __contains__(self, key: str) -> bool:
        return any(canonical(name) == canonical(key) for table in self.tables for name in table.entries)

    def node(self, key: str) -> Node | None:
        """What is written for a key; a null counts as not written. Asked for in every table."""
        found: Node | None = None
        for table in self.tables:
            name = next((name for name in table.entries if canonical(name) == canonical(key)), None)
            if name is None:
                continue
            self.source.ask(table, name)
            if found is None and not _is_null(table.entries[name]):
                found = table.entries[name]
        return found

    def place_of(self, key: str) -> Place:
        """Where a key stands; the place of the table where it does not."""
        for table in self.tables:
            for name in table.entries:
                if canonical(name) == canonical(key):
                    return table.key_place(name)
        return self.place

    def table(self, key: str) -> Reader:
        """The mapping of a key, to be read key by key; an empty one where there is none."""
        node = self.node(key)
        if node is None:
            return Reader(self.source, ())
        if not isinstance(node, Table):
            self.source.refuse(node.place, f"must be a mapping, not {shown(node)}")
            return Reader(self.source, ())
        return self.source.reader(node)

    def members(self, key: str) -> list[tuple[str, Reader]]:
        """The members of a mapping of mappings; those that are null are empty."""
        holder = self.table(key)
        return [(name, holder.table(name)) for table in holder.tables for name in table.entries]

    def items(self, key: str) -> list[Reader]:
        """The mappings of a list, each to be read key by key."""
        node = self.node(key)
        if node is None:
            return []
        members = node.items if isinstance(node, Listing) else (node,)
        self.source.open(node)
        wrong = [item for item in members if not isinstance(item, Table)]
        for item in wrong:
            self.source.refuse(item.place, f"must be a mapping, not {shown(item)}")
        return [self.source.reader(item) for item in members if isinstance(item, Table)]

    def skip(self, *keys: str) -> None:
        """Keys that say nothing about how calls behave: names, types, descriptions of the file itself."""
        for key in keys:
            self.node(key)

    # -- values -------------------------------------------------------------------------------------------------

    def word(self, key: str) -> Leaf | None:
        """A text."""
        return self._leaf(key, str)

    def duration(self, key: str) -> Leaf | None:
        """A time."""
        return self._leaf(key, lambda text: quantities.duration(self.source.duration(text)))

    def seconds(self, key: str) -> Decimal | None:
        """A time as a number of seconds."""
        leaf = self._leaf(key, self.source.duration)
        return None if leaf is None else leaf.value

    def percent(self, key: str) -> Leaf | None:
        """A number of per cent."""
        return self._leaf(key, _percent)

    def share(self, key: str) -> Leaf | None:
        """A fraction from 0 to 1."""
        return self._leaf(key, lambda text: float(quantities.number(text)))

    def number(self, key: str) -> Leaf | None:
        """Any number."""
        return self._leaf(key, lambda text: float(quantities.number(text)))

    def whole(self, key: str) -> Leaf | None:
        """A whole number from 0."""
        return self._leaf(key, _whole)

    def flag(self, key: str) -> Leaf | None:
        """True or false."""
        return self._leaf(key, _flag)

    def is_on(self, key: str) -> bool:
        """Whether a flag is set."""
        leaf = self.flag(key)
        return leaf is not None and leaf.value is True

    def _leaf(self, key: str, read: Callable[[str], Any]) -> Leaf | None:
        node = self.node(key)
        if node is None:
            return None
        if not isinstance(node, Scalar):
            self.source.refuse(node.place, f"must be a single value, not {shown(node)}")
            return None
        text = self._text(node)
        if text is None:
            return None
        try:
            value = read(text)
        except ValueError as error:
            self.source.refuse(node.place, str(error))
            return None
        return Leaf(value, f"line {node.place.line}: {key}: {node.text}", node.place)

    def _text(self, node: Scalar) -> str | None:
        """The text of a value; Spring's ``${NAME:default}`` is its default."""
        placeholder = _PLACEHOLDER.match(node.text)
        if placeholder is None:
            return node.text
        if placeholder[1] is None:
            self.source.warn(node.place, f"{node.text} is set elsewhere and was left out: write the value that it has")
            return None
        self.source.warn(node.place, f"{node.text} may be set elsewhere: its default {placeholder[1]} was taken")
        return placeholder[1].strip()


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None


def _percent(text: str) -> str:
    value = quantities.number(text)
    if not 0 <= value <= 100:
        raise ValueError(f"{text} is no percentage: write a number from 0 to 100")
    return quantities.percent(value)


def _whole(text: str) -> int:
    value = quantities.number(text)
    if value != value.to_integral_value() or value < 0:
        raise ValueError(f"{text} is not a whole number from 0")
    return int(value)


def _flag(text: str) -> bool:
    if text.lower() not in _FLAGS:
        raise ValueError(f"{text!r} is neither true nor false")
    return _FLAGS[text.lower()]
