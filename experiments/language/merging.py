"""How one piece of an experiment lies over another: mappings merge, scalars and lists replace, ``none`` removes.

A mapping whose kind, type, preset, dist or process changes is replaced whole, because its other keys belong to the old
one. To write out the kind that a policy has anyway, of itself or by its preset, changes nothing. Shorthands are
expanded where something is merged into them.
"""

from __future__ import annotations

from experiments.language.kinds import implied
from experiments.language.tree import Node, Scalar, Table, child, is_none
from simulator.metrics.names import METRICS

IDENTITY = ("kind", "type", "preset", "dist", "process")
"""Keys that say what a mapping is."""

_LAWS = {"work", "pause", "latency", "think", "timeout", "law", "add", "publish_latency", "delivery_latency", "undo"}
_LAWS |= {"cpu", "io"}
_KINDS = {"style", "balancing", "jitter", "when_down"}
_CHANCES = {"client_errors", "server_errors"}
_MEANS = {"mtbf", "mttr"}
"""A duration there is the mean of an exponential law."""


def expand(node: Node, keys: tuple[str, ...], parent: Node | None = None) -> Node:
    """The mapping that a shorthand stands for, or the node itself where it is none.

    Args:
        node: what is written.
        keys: the keys that lead to it, from the root; list members count by their list's key.
        parent: the mapping or list that holds it.
    """
    if not isinstance(node, Scalar) or is_none(node) or not keys:
        return node
    word = _shorthand_key(keys, parent)
    if word is None:
        return node
    law = {"value": "constant", "mean": "exponential", "size": "constant"}.get(word)
    if law is not None:
        dist = Scalar(node.place, law, law)
        return Table(node.place, {"dist": dist, word: node}, {"dist": node.place, word: node.place})
    return Table(node.place, {word: node}, {word: node.place})


def _shorthand_key(keys: tuple[str, ...], parent: Node | None) -> str | None:
    last = keys[-1]
    if len(keys) == 2 and keys[0] in ("calls", "policies"):
        return "extends"
    if keys[0] == "objectives":
        metric = METRICS.get(last)
        return None if metric is None else {"higher": "at_least", "lower": "at_most"}.get(metric.better)
    if last == "undo" and child(parent, "call") is not None:
        return "call"
    if last == "subscribers":
        return "operation"
    if last == "deadline":
        return "total"
    if last in _KINDS:
        return "kind"
    if last in _CHANCES:
        return "share"
    if last in _MEANS:
        return "mean"
    if last == "batch" and keys[0] == "workload":
        return "size"
    if last == "delay" and child(parent, "publish") is not None:
        return "value"
    return "value" if last in _LAWS else None


def _changes_identity(old: Table, new: Table, keys: tuple[str, ...], parent: Node | None) -> bool:
    for key in IDENTITY:
        now = new.entries.get(key)
        before = old.entries.get(key)
        if not isinstance(now, Scalar) or (isinstance(before, Scalar) and before.value == now.value):
            continue
        if before is not None or now.value not in ("none", implied(key, keys, old, parent)):
            return True
    parts = {"cpu", "io"}
    return keys[-1:] == ("work",) and "dist" in old.entries and bool(parts & set(new.entries))


def merge(
    old: Node | None, new: Node, keys: tuple[str, ...] = (), *, keep_none: bool = False, parent: Node | None = None
) -> Node:
    """``new`` laid over ``old``.

    Args:
        old: what is there, if anything.
        new: what comes over it.
        keys: where, for the shorthands that may have to be expanded.
        keep_none: keep the word ``none`` as an entry, for a later merge to act on.
        parent: the mapping that holds ``old``: some shorthands depend on it.
    """
    if not isinstance(new, Table):
        return new
    below = expand(old, keys, parent) if old is not None else None
    if not isinstance(below, Table):
        return new if keep_none else _without_none(new)
    if _changes_identity(below, new, keys, parent):
        return new if keep_none else _without_none(new)
    result = below
    for key, node in new.entries.items():
        if is_none(node) and key not in IDENTITY and not keep_none:
            result = result.without(key)
            continue
        value = merge(result.entries.get(key), node, (*keys, key), keep_none=keep_none, parent=result)
        result = result.with_entry(key, value, new.key_place(key))
    return result


def _without_none(node: Node) -> Node:
    """The node without entries that say none: there is nothing left to remove."""
    if not isinstance(node, Table):
        return node
    kept = {key: _without_none(value) for key, value in node.entries.items() if key in IDENTITY or not is_none(value)}
    return Table(node.place, kept, node.keys)


def strip_none(node: Table) -> Table:
    """A table without the entries that say ``none`` (but for those that name a kind)."""
    stripped = _without_none(node)
    return stripped if isinstance(stripped, Table) else node
