"""Of what kind a mapping is that does not say it: as the policy's spec has it, or its preset."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel

from experiments.language.tree import Node, Table, plain
from simulator.spec.base import Spec
from simulator.spec.policies import Policies
from simulator.spec.presets import said


def implied(key: str, keys: tuple[str, ...], old: Table, parent: Node | None) -> Any:
    """What `key` (kind, type, …) is in a mapping that does not have it.

    Args:
        key: one of the keys that say what a mapping is.
        keys: the keys that lead to the mapping, from the root or from the policy on.
        old: the mapping.
        parent: the mapping that holds it, if known; it may be the policy that has the preset.
    """
    for start in range(len(keys)):
        model = _below(Policies, keys[start:])
        if model is not None:
            return _by_preset(key, keys[start:], old, parent) or _default(model, key)
    return None


def _below(model: type[BaseModel], keys: tuple[str, ...]) -> type[BaseModel] | None:
    """The spec that `keys` lead to, from `model` on."""
    for key in keys:
        info = model.model_fields.get(key)
        inner = None if info is None else next(_specs(info.annotation), None)
        if inner is None:
            return None
        model = inner
    return model


def _specs(annotation: Any) -> Iterator[type[BaseModel]]:
    """The one spec that a field's type holds; none where a union of several is told apart by what is written."""
    found = list(_every_spec(annotation))
    if len(found) == 1:
        yield from found


def _every_spec(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, Spec):
        yield annotation
    for part in get_args(annotation):
        yield from _every_spec(part)


def _by_preset(key: str, keys: tuple[str, ...], old: Table, parent: Node | None) -> Any:
    """What the preset of the policy says, for the policy itself and for the mappings right in it."""
    holder = old if len(keys) == 1 else parent
    policy = _below(Policies, keys[:1])
    table = getattr(policy, "presets", None)
    if table is None or len(keys) > 2 or not isinstance(holder, Table):
        return None
    own = plain(holder)
    says: Any = said(own.get("preset"), own, table)
    for inner in keys[1:]:
        says = says.get(inner) if isinstance(says, Mapping) else None
    return says.get(key) if isinstance(says, Mapping) else None


def _default(model: type[BaseModel], key: str) -> Any:
    info = model.model_fields.get(key)
    return None if info is None or info.is_required() else info.default
