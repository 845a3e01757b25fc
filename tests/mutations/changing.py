"""How a mutation changes the model: a function or method is replaced while a `with` block lasts."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from tests.mutations.catching import Case

Make = Callable[[Any], Any]
"""From what was there to what stands in its place."""


@dataclass(frozen=True)
class Mutation:
    """One thing that could be wrong with callsim.

    Attributes:
        name: what is wrong.
        change: makes it wrong while a `with` block lasts.
        caught_by: what notices.
        words: part of what it then says, so that it is known to fail for the right reason.
        slow: whether playing the case takes more than a moment.
    """

    name: str
    change: Callable[[], AbstractContextManager[None]]
    caught_by: Case
    words: str
    slow: bool = False


def replacing(owner: Any, name: str, make: Make) -> Callable[[], AbstractContextManager[None]]:
    """A change: the attribute `name` of a class or module becomes what `make` makes of it."""

    @contextmanager
    def change() -> Iterator[None]:
        original = vars(owner)[name]
        setattr(owner, name, make(original))
        try:
            yield
        finally:
            setattr(owner, name, original)

    return change


def replacing_function(function: Any, make: Make) -> Callable[[], AbstractContextManager[None]]:
    """A change: a function of a module becomes what `make` makes of it, in every module that has imported it."""

    @contextmanager
    def change() -> Iterator[None]:
        modules = [module for module in list(sys.modules.values()) if vars(module).get(function.__name__) is function]
        replacement = make(function)
        for module in modules:
            setattr(module, function.__name__, replacement)
        try:
            yield
        finally:
            for module in modules:
                setattr(module, function.__name__, function)

    return change
