"""Reads cases: a whole record (`{"vectors": [...]}`), a list of cases, or one case."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from experiments.replay.common import LATEST, Event, Params, WrongCase, number
from simulator.spec.base import hint

KINDS = ("events", "scenario")
KEYS = ("id", "policy", "kind", "params", "events", "expect", "source", "verified", "note", "tolerance")
"""What a case may say. The last four are for whoever reads the file; nothing is done with them here."""

MOST_DIGITS = 100
"""Digits of a whole number: far more than any that is allowed, and few enough to be read at once."""

USAGE = '{"id": ..., "policy": "circuit_breaker/callsim", "params": {...}, "events": [[0, "call", "failure"], ...]}'


class UnreadableReplay(ValueError):
    """The file is not there, not JSON, or not of this format; the text says where, and what would be right."""


@dataclass(frozen=True)
class Case:
    """One recorded sequence.

    Attributes:
        name: its id, or ``case N``.
        policy: what was recorded.
        kind: ``events`` are played; a ``scenario`` is a fact in words.
        params: how it was configured.
        events: each begins with its time, in seconds, never going back.
        expect: what came of each event; None: nothing is said.
        note: a word of whoever recorded it.
    """

    name: str
    policy: str
    kind: str
    params: Params
    events: Sequence[Event]
    expect: Sequence[Any] | None
    note: str = ""


def read_cases(path: Path) -> list[Case]:
    """The cases of a file, in its order.

    Raises:
        UnreadableReplay: with every mistake of the format that was found.
    """
    return cases_of(_parsed(_text(path), path), str(path))


def cases_of(data: Any, file: str) -> list[Case]:
    """The cases of data that were read from a file.

    Raises:
        UnreadableReplay: with every mistake of the format that was found.
    """
    entries, where = _entries(data, file)
    cases, wrong = [], []
    for index, entry in enumerate(entries):
        place = where.format(index)
        try:
            cases.append(_case(entry, index))
        except WrongCase as error:
            wrong.append(f"{file}: {place}{'' if str(error).startswith(('.', '[')) else ': '}{error}")
    twice = [name for name, count in Counter(case.name for case in cases).items() if count > 1]
    wrong += [f"{file}: two cases have the id {name!r}" for name in twice]
    if wrong:
        raise UnreadableReplay("\n".join(wrong))
    return cases


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UnreadableReplay(f"{path}: no such file") from None
    except IsADirectoryError:
        raise UnreadableReplay(f"{path}: is a directory; name a JSON file in it") from None
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise UnreadableReplay(f"{path}:{line}: is not UTF-8") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        raise UnreadableReplay(f"{path}: cannot be read: {reason}") from None


def _parsed(text: str, path: Path) -> Any:
    try:
        return json.loads(text, parse_constant=_no_number, parse_int=_whole, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        said = f"{path}:{error.lineno}:{error.colno}: is not JSON: {error.msg}; a replay file is JSON like {USAGE}"
    except RecursionError:
        said = f"{path}: is nested too deeply"
    except ValueError as error:
        said = f"{path}: {error}"
    raise UnreadableReplay(said)


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number of JSON")


def _whole(digits: str) -> int:
    count = len(digits.lstrip("-"))
    if count > MOST_DIGITS:
        raise ValueError(f"holds a number of {count} digits, {digits[:12]}…: none may be beyond {LATEST:g}")
    return int(digits)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    counts = Counter(key for key, _ in pairs)
    twice = [key for key, count in counts.items() if count > 1]
    if twice:
        raise ValueError(f"the key {twice[0]!r} is written twice in one object")
    return dict(pairs)


def _entries(data: Any, file: str) -> tuple[Sequence[Any], str]:
    """The cases as written, and how to name the place of each."""
    if isinstance(data, Mapping) and "vectors" in data:
        entries, where = data["vectors"], "vectors[{}]"
    elif isinstance(data, Mapping) and ("policy" in data or "events" in data):
        return [data], "case"
    else:
        entries, where = data, "[{}]"
    if not isinstance(entries, list):
        keys = f" with the keys {', '.join(list(entries)[:5])}" if isinstance(entries, Mapping) else ""
        found = "an object" if isinstance(entries, Mapping) else repr(entries)[:40]
        raise UnreadableReplay(
            f'{file}: holds no cases but {found}{keys}: write {{"vectors": [case, ...]}}, a list of cases, or one case '
            f"{USAGE}"
        )
    if not entries:
        raise UnreadableReplay(f"{file}: holds no case: write one like {USAGE}")
    return entries, where


def _case(entry: Any, index: int) -> Case:
    if not isinstance(entry, Mapping):
        raise WrongCase(f"a case is an object like {USAGE}, not {entry!r}"[:300])
    foreign = [f"{key[:40]!r}{hint(key[:40], KEYS)}" for key in entry if key not in KEYS]
    if foreign:
        raise WrongCase(f"a case has no key {', '.join(foreign)}; its keys are: {', '.join(KEYS)}")
    name, policy, kind = entry.get("id", f"case {index + 1}"), entry.get("policy"), entry.get("kind", "events")
    if not isinstance(name, str) or not name.strip():
        raise WrongCase(f".id: must be a text, not {name!r}")
    if kind not in KINDS:
        raise WrongCase(f".kind: must be events or scenario, not {kind!r}")
    if not isinstance(policy, str):
        raise WrongCase(f".policy: must be a text like 'circuit_breaker/callsim', not {policy!r}")
    params = entry.get("params", {})
    if not isinstance(params, Mapping):
        raise WrongCase(f".params: must be an object, not {params!r}"[:300])
    if kind == "scenario":
        return Case(name, policy, kind, params, (), None)
    for value in _numbers([params, entry.get("events"), entry.get("expect")]):
        if abs(value) > LATEST:
            raise WrongCase(f"holds a number beyond {LATEST:g}: {str(value)[:40]}")
    events, expect = entry.get("events"), entry.get("expect")
    note = entry.get("note")
    return Case(name, policy, kind, params, _events(events), _expect(expect, events), note if note else "")


def _numbers(data: Any) -> Iterator[int | float]:
    """Every number in data that was read from a file."""
    if isinstance(data, (int, float)):
        yield data
    elif isinstance(data, (list, Mapping)):
        for member in data.values() if isinstance(data, Mapping) else data:
            yield from _numbers(member)


def _events(events: Any) -> Sequence[Event]:
    if not isinstance(events, list):
        raise WrongCase('.events: must be a list of events like [0, "call", "failure"]')
    for index, event in enumerate(events):
        if not isinstance(event, list) or len(event) < 2:
            raise WrongCase(f'.events[{index}]: must be [time, word, ...] like [0, "call", "failure"], not {event!r}')
        try:
            number(event[0], "the time of an event")
        except WrongCase as error:
            raise WrongCase(f".events[{index}]: {error}") from None
    for index, (before, after) in enumerate(pairwise(events)):
        if after[0] < before[0]:
            raise WrongCase(f".events[{index + 1}]: at {after[0]}, before the event that precedes it, at {before[0]}")
    return events


def _expect(expect: Any, events: Any) -> Sequence[Any] | None:
    if expect is None:
        return None
    if not isinstance(expect, list):
        raise WrongCase(".expect: must be a list with an entry for each event; null says nothing of its event")
    if len(expect) != len(events):
        raise WrongCase(f".expect: has {len(expect)} entries for {len(events)} events")
    return expect
