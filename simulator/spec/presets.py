"""Presets: named sets of keys that a spec starts from, so that a library's behaviour has one name.

A preset only writes keys that a file could write: whatever it says can be said without it, and the file's own keys
win. A spec that has presets writes its table as the class attribute ``presets``, has a field ``preset``, and calls
`filled` in a validator of mode ``before``; once it is validated it is concrete, and nobody asks for the preset again,
except to show where a key came from (`preset_of`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Keys = Mapping[str, Any]
"""Keys and values as a file would write them: durations and rates are texts with their units, as a spec that is read
from a file refuses bare numbers."""

Preset = Keys | Callable[[Keys], Keys]
"""What a preset says, or how it follows from the keys that the file wrote itself."""

PresetTable = Mapping[str, Preset]
"""The presets of one spec, by name."""

CHOOSERS: tuple[str, ...] = ("kind", "type", "dist", "preset")
"""Keys that say what a mapping is: where one changes, the old mapping's other keys mean nothing any more."""


def said(name: Any, own: Keys, table: PresetTable) -> Keys:
    """What the preset `name` says beside the file's `own` keys; nothing where there is no such preset."""
    preset = table.get(name, {}) if isinstance(name, str) else {}
    return preset(own) if callable(preset) else preset


def filled(data: Any, table: PresetTable, usual: str | None = None) -> Any:
    """The keys of `data` over what its preset says.

    Args:
        data: what was written; anything but a mapping is handed back for the spec to refuse.
        table: the presets of the spec.
        usual: the preset that holds where none is written (the key ``preset`` is then still absent).

    Mappings inside merge, all else is replaced; a mapping inside that becomes another kind (`CHOOSERS`) is replaced
    whole. The outermost mapping always merges: its keys were written for this preset.
    """
    if not isinstance(data, Mapping):
        return data
    base = said(data.get("preset") or usual, data, table)
    return {**base, **{key: _over(base[key], value) if key in base else value for key, value in data.items()}}


def merged(base: Keys, own: Keys) -> dict[str, Any]:
    """`own` over `base`, unless `own` says that it is of another kind."""
    if _changes(base, own):
        return dict(own)
    return {**base, **{key: _over(base[key], value) if key in base else value for key, value in own.items()}}


def preset_of(spec: Any, path: tuple[str, ...]) -> str | None:
    """The preset of `spec` that says the key at `path`, for a key that the file did not write; None for a default."""
    table, name = getattr(type(spec), "presets", None), getattr(spec, "preset", None)
    if table is None or name is None:
        return None
    written: Any = spec.model_dump(by_alias=True)
    keys: Any = said(name, written, table)
    for depth, key in enumerate(path):
        replaced = depth > 0 and _changes(keys, written)
        if not isinstance(keys, Mapping) or key not in keys or replaced:
            return None
        keys, written = keys[key], written.get(key)
    return str(name)


def _changes(base: Any, own: Any) -> bool:
    """Whether `own` says that it is of another kind than `base`."""
    if not isinstance(base, Mapping) or not isinstance(own, Mapping):
        return True
    return any(key in own and key in base and own[key] != base[key] for key in CHOOSERS)


def _over(base: Any, own: Any) -> Any:
    return merged(base, own) if isinstance(base, Mapping) and isinstance(own, Mapping) else own
