"""Walking through the steps of a file that may still be wrong: what is not understood is passed over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from experiments.language.tree import Listing, Node, Scalar, Table, child, items, table


@dataclass(frozen=True, slots=True)
class Found:
    """A step, and the operation that it belongs to."""

    service: str
    operation: str
    step: Table


def walk_steps(root: Table) -> Iterator[Found]:
    """Every step of every operation, those of `on_failure` and inside other steps included."""
    for service, body in table(root, "services").entries.items():
        for operation, content in table(body, "operations").entries.items():
            for key in ("steps", "on_failure"):
                for step in below(child(content, key)):
                    yield Found(service, operation, step)


def below(node: Node | None) -> Iterator[Table]:
    """Every step in a list of steps, in order, the containers before their content."""
    for member in items(node):
        if isinstance(member, Listing):
            yield from below(member)
        if isinstance(member, Table):
            yield member
            yield from below(child(member, "parallel", "steps"))
            yield from below(child(member, "with", "steps"))
            for branch in items(child(member, "choose")):
                yield from below(child(branch, "steps"))
            yield from below(child(member, "cached", "steps"))


def called(found: Found) -> Iterator[Scalar]:
    """The operations that a step calls: its own and its undo's."""
    call, undo = found.step.entries.get("call"), found.step.entries.get("undo")
    if isinstance(call, Scalar):
        yield call
        inner = child(undo, "call") if isinstance(undo, Table) else undo
        if isinstance(inner, Scalar):
            yield inner


def publishes_to(found: Found) -> Node | None:
    """Where a step names the topic that it publishes to, by itself or as part of a transaction."""
    return found.step.entries.get("publish") or child(found.step, "transaction", "publish")


def lists_of(root: Table) -> Iterator[Listing]:
    """Every list of steps that are carried out one after the other."""
    for service in table(root, "services").entries.values():
        for operation in table(service, "operations").entries.values():
            for key in ("steps", "on_failure"):
                node = child(operation, key)
                if isinstance(node, Listing):
                    yield node
    for found in walk_steps(root):
        for branch in items(child(found.step, "parallel", "steps")):
            if isinstance(branch, Listing):
                yield branch
            elif isinstance(branch, Table):
                yield Listing(branch.place, (branch,))
        inner = [child(way, "steps") for way in items(child(found.step, "choose"))]
        for node in (*inner, *(child(found.step, key, "steps") for key in ("with", "cached"))):
            if isinstance(node, Listing):
                yield node
