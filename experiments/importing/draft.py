"""The part of an experiment file that an import comes to: collected, checked against the language, written down."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from experiments.importing.reading import Leaf
from experiments.language.names import RESERVED
from experiments.language.problems import Place, Problem
from experiments.language.scalars import read_scalar
from experiments.language.tree import EMPTY, Listing, Node, Scalar, Table
from experiments.language.validation import validate
from simulator.spec.base import FROM_FILE
from simulator.spec.policies import CallSpec

Block = dict[str, Any]
"""Keys with a `Leaf`, another block, or a list of blocks each."""

LONGEST_NAME = 100
"""Letters of a name that are kept; the language allows twice as many."""

_WIDTH = 44
_TAKEN = re.compile(r'(?:[."*\[\]]|->|\s)+')
_PLAIN = re.compile(r"^[A-Za-z_][\w -]*[\w]$|^[A-Za-z_]$")
_QUANTITY = re.compile(r"^[\d.]+[a-z%][\w.%/]*$")


@dataclass
class Draft:
    """What was found.

    Attributes:
        policies: by name. calls: edges, each with the policy that it extends and a note. faults: in their order.
    """

    policies: dict[str, Block] = field(default_factory=dict)
    calls: dict[str, tuple[str, str]] = field(default_factory=dict)
    faults: list[Block] = field(default_factory=list)

    def problems(self) -> list[Problem]:
        """What the language has against it, at the places of the source."""
        found: list[Problem] = []
        for block in self.policies.values():
            node = _node(block)
            if isinstance(node, Table):
                found += validate(CallSpec, node, FROM_FILE)[1]
        return found

    def free_name(self, wanted: str) -> str:
        """A name for a policy that none has yet."""
        name, number = wanted, 2
        while name in self.policies:
            name, number = f"{wanted}-{number}", number + 1
        return name

    def call(self, edge: str, policy: str, note: str) -> bool:
        """Give an edge a policy, unless it has one; whether it got it."""
        return self.calls.setdefault(edge, (policy, note)) == (policy, note)

    def text(self, head: str) -> str:
        """The experiment file's part, each value with a comment that says where it comes from."""
        lines = [f"# {line}".rstrip() for line in head.splitlines()]
        lines += ["policies:", *_block_lines(self.policies, "  ")]
        if self.calls:
            lines.append("calls:")
            for edge, (policy, note) in self.calls.items():
                lines.append(_line(f"  {_key(edge)}: {{extends: {scalar(policy)}}}", note))
        if self.faults:
            lines += ["faults:", *_list_lines(self.faults, "  ")]
        return "\n".join(lines) + "\n"


def put(block: Block, leaf: Leaf | None, *keys: str) -> None:
    """Set a value under a chain of keys; nothing where there is no value."""
    if leaf is None:
        return
    for key in keys[:-1]:
        block = block.setdefault(key, {})
    block[keys[-1]] = leaf


def safe_name(text: str) -> str:
    """A text as the name of a service or a policy."""
    name = _TAKEN.sub("-", text)[:LONGEST_NAME].strip("- ") or "unnamed"
    return f"{name}-service" if name in RESERVED else name


def scalar(value: Any) -> str:
    """A value as YAML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(scalar(entry) for entry in value)}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_key(key)}: {scalar(entry)}' for key, entry in value.items())}}}"
    text = str(value)
    if (_PLAIN.match(text) and _is_text(text)) or _QUANTITY.match(text):
        return text
    return json.dumps(text, ensure_ascii=False)


def _is_text(text: str) -> bool:
    try:
        return isinstance(read_scalar(text), str)
    except ValueError:
        return False


def _key(text: str) -> str:
    return scalar(text)


def _line(text: str, note: str) -> str:
    return f"{text:{_WIDTH}} # {' '.join(note.split())}" if note else text


def _block_lines(block: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, value in block.items():
        if isinstance(value, Leaf):
            yield _line(f"{indent}{_key(key)}: {scalar(value.value)}", value.note)
        elif isinstance(value, list):
            yield f"{indent}{_key(key)}:"
            yield from _list_lines(value, indent + "  ")
        elif not value:
            yield f"{indent}{_key(key)}: {{}}"
        else:
            yield f"{indent}{_key(key)}:"
            yield from _block_lines(value, indent + "  ")


def _list_lines(blocks: list[Block], indent: str) -> Iterator[str]:
    for block in blocks:
        first, *rest = _block_lines(block, indent + "  ")
        yield f"{indent}- {first[len(indent) + 2 :]}"
        yield from rest


def _node(value: Any) -> Node:
    """A block as the language's own nodes, at the places of the source."""
    if isinstance(value, Leaf):
        return _leaf_node(value.value, value.place)
    if isinstance(value, list):
        return Listing(EMPTY.place, tuple(_node(entry) for entry in value))
    entries = {key: _node(entry) for key, entry in value.items()}
    places = {key: entry.place for key, entry in entries.items()}
    first = next(iter(places.values()), EMPTY.place)
    return Table(first, entries, places)


def _leaf_node(value: Any, place: Place) -> Node:
    if isinstance(value, (list, tuple)):
        return Listing(place, tuple(_leaf_node(entry, place) for entry in value))
    if isinstance(value, Mapping):
        entries = {key: _leaf_node(entry, place) for key, entry in value.items()}
        return Table(place, entries, dict.fromkeys(entries, place))
    return Scalar(place, value, scalar(value))
