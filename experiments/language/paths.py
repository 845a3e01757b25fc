"""Paths: how `variants`, `sweep` and `--set` name a place in the experiment.

Segments are joined by dots; one that holds a dot, space, quote or arrow stands in double quotes; list members are
reached by name or by ``[index]``: ``calls."orders -> payments".timeout``, ``workload[0].arrivals.rate``.
"""

from __future__ import annotations

import re

Segment = str | int
"""A key or a list member's name (text), or a list member's position (from 0)."""

_PLAIN = re.compile(r'(?:(?!->)[^."\[\]\s])+')
_QUOTED = re.compile(r'"([^"\n]+)"')
_INDEX = re.compile(r"\[([0-9]{1,6})\]")
_NEEDS_QUOTES = re.compile(r'[.\s"\[\]]|->')


def parse_path(text: str) -> tuple[Segment, ...]:
    """The segments of a path.

    Raises:
        ValueError: it is none; the message quotes the part that cannot be read.
    """
    segments: list[Segment] = []
    position = 0
    while True:
        rest = text[position:]
        match = _QUOTED.match(rest) or _PLAIN.match(rest)
        if match is None:
            raise ValueError(_advice(text, rest))
        segments.append(match[1] if match.re is _QUOTED else match[0])
        position += match.end()
        while index := _INDEX.match(text[position:]):
            segments.append(int(index[1]))
            position += index.end()
        if position == len(text):
            return tuple(segments)
        if text[position] != ".":
            raise ValueError(_advice(text, text[position:]))
        position += 1


def _advice(text: str, rest: str) -> str:
    where = f"at {rest!r}" if rest else "at its end"
    return f'{text!r} is not a path ({where}): write one like services.orders.workers or calls."a -> b".timeout'


def format_segment(name: str) -> str:
    """A key as a path writes it, quoted where it has to be."""
    return f'"{name}"' if _NEEDS_QUOTES.search(name) else name


def step_in(path: str, key: str) -> str:
    """The path of a key under another path."""
    return f"{path}.{format_segment(key)}" if path else format_segment(key)


def format_path(segments: tuple[Segment, ...]) -> str:
    """The text that `parse_path` reads back as these segments."""
    path = ""
    for segment in segments:
        path = f"{path}[{segment}]" if isinstance(segment, int) else step_in(path, segment)
    return path
