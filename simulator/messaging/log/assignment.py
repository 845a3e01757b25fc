"""Who reads which partition: the assignors of Kafka's consumer groups for one topic, as pure functions.

Members come in the order of their ids. Source: Apache Kafka, ``RangeAssignor``, ``RoundRobinAssignor`` and
``CooperativeStickyAssignor`` (KIP-429).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, TypeVar

Member = TypeVar("Member")

Assignor = Literal["range", "round_robin", "cooperative_sticky"]
"""What an experiment may ask for."""


def in_ranges(members: Sequence[Member], partitions: int) -> list[Member]:
    """Neighbouring partitions to each; the first ones have one more where it does not come out even.

    Returns:
        the owner of each partition, in order of partition; nothing where nobody is there.
    """
    if not members:
        return []
    share, more = divmod(partitions, len(members))
    return [member for place, member in enumerate(members) for _ in range(share + (place < more))]


def in_turn(members: Sequence[Member], partitions: int) -> list[Member]:
    """One partition to each, again and again."""
    return [members[number % len(members)] for number in range(partitions)] if members else []


def sticking(members: Sequence[Member], owners: Sequence[Member | None]) -> list[Member]:
    """As even as possible, and as few partitions as possible change hands.

    Args:
        members: in the order of their ids.
        owners: who has each partition now; None, or somebody who is no member any more: nobody.
    """
    if not members:
        return []
    has: dict[Member, list[int]] = {member: [] for member in members}
    for number, owner in enumerate(owners):
        if owner is not None and owner in has:
            has[owner].append(number)
    share, more = divmod(len(owners), len(members))
    by_wealth = sorted(members, key=lambda member: -len(has[member]))  # the sort is stable: ties in order of id
    room = {member: share + (place < more) for place, member in enumerate(by_wealth)}
    found: list[Member | None] = [None] * len(owners)
    for member in members:
        for number in has[member][: room[member]]:
            found[number] = member
            room[member] -= 1
    poor = iter([member for member in members for _ in range(room[member])])
    return [next(poor) if owner is None else owner for owner in found]


EAGER: dict[Assignor, Callable[[Sequence[Member], int], list[Member]]] = {"range": in_ranges, "round_robin": in_turn}
"""The assignors under which a rebalance takes all partitions from everybody first."""
