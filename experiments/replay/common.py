"""What the families have in common: how a player answers an event, and how parameters become a spec."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import Any, NamedTuple, Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from experiments.replay.wording import complaints
from simulator.spec.base import FROM_FILE, hint

Params = Mapping[str, Any]
Event = Sequence[Any]

CALLSIM = "callsim"
"""The last part of a policy's name whose parameters are the keys of an experiment file."""

LATEST = 1e12
"""Seconds: no event may be later; and no number of a case larger."""

Model = TypeVar("Model", bound=BaseModel)


class Unsupported(Exception):
    """The policy, or a parameter of it, is one that no adapter knows. The text names it."""


class WrongCase(ValueError):
    """Something in a case is not of the format. The text says what, and what would be right."""


class Seen(NamedTuple):
    """What came of one event.

    Attributes:
        event: the event in words.
        decision: ``allowed``, ``rejected``, or empty where nobody asked.
        state: the state after it, in words.
        found: the same as the record writes it.
    """

    event: str
    decision: str
    state: str
    found: Any


class Player(Protocol):
    """Plays the events of one case, in order."""

    def play(self, event: Event) -> Seen:
        """Play an event.

        Raises:
            WrongCase: it is no event of this family.
        """

    def agrees(self, seen: Seen, expected: Any) -> bool:
        """Whether what came of an event is what the record says.

        Raises:
            WrongCase: the record says nothing that could come of an event of this family.
        """

    def shown(self, expected: Any) -> str:
        """What the record says, in words."""


def only_known(params: Params, known: Iterable[str], policy: str) -> None:
    """Refuse parameters that have no meaning here.

    Raises:
        Unsupported: there is one; the text names all of them.
    """
    names = list(known)
    foreign = [f"{key!r}{hint(key, names)}" for key in params if key not in names]
    if foreign:
        raise Unsupported(f"no such parameter of {policy} is known: {', '.join(foreign)}")


def always(params: Params, key: str, values: Iterable[Any], policy: str) -> None:
    """Refuse another value of a parameter that only states what is always so here.

    Raises:
        Unsupported: it has another value.
    """
    allowed = list(values)
    if key in params and params[key] not in allowed:
        known = " or ".join(repr(value) for value in allowed)
        raise Unsupported(f"{key}: {params[key]!r} is not known for {policy}, only {known}")


def spec_from(model: type[Model], keys: Params, policy: str) -> Model:
    """The spec of a library's parameters, translated: times in seconds.

    Raises:
        WrongCase: a value is out of its range.
    """
    return _validated(model, keys, policy, {})


def spec_as_written(model: type[Model], keys: Params, policy: str) -> Model:
    """The spec of keys as an experiment file writes them: times as texts with their units.

    Raises:
        Unsupported: a key is unknown. WrongCase: a value is wrong.
    """
    return _validated(model, keys, policy, FROM_FILE)


def _validated(model: type[Model], keys: Params, policy: str, context: Mapping[str, bool]) -> Model:
    try:
        return model.model_validate(dict(keys), context=dict(context))
    except ValidationError as error:
        details = error.errors()
    texts = complaints(details)
    if any(detail["type"] == "unknown_key" for detail in details):
        raise Unsupported(f"{policy}: {'; '.join(texts)}")
    raise WrongCase(f"params: {'; '.join(texts)}")


def flag(params: Params, key: str) -> bool:
    """A parameter that is true or false; false where it is absent.

    Raises:
        WrongCase: it is something else.
    """
    value = params.get(key, False)
    if not isinstance(value, bool):
        raise WrongCase(f"params: {key}: must be true or false, not {value!r}")
    return value


def number(value: Any, what: str) -> float:
    """A finite number that is not negative.

    Raises:
        WrongCase: it is something else.
    """
    right = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not right or not 0 <= value <= LATEST or not isfinite(value):
        raise WrongCase(f"{what} must be a number of seconds from 0, not {value!r}")
    return float(value)


def in_words(value: float) -> str:
    """A number without digits that say nothing."""
    return f"{value:.9g}"
