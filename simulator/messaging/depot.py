"""Where messages are kept outside of every queue: for the check that none is lost unnoticed."""

from __future__ import annotations


class Depot:
    """The books of a place where messages wait on their way: accepted = passed on + lost + there.

    Attributes:
        name: for messages about it.
        accepted: messages put there. passed_on: those that went on. lost: those that never will.
        there: those that are there.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.accepted = self.passed_on = self.lost = self.there = 0
