"""What is different about two results folders, apart from the figures: versions, seeds, the experiment itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from experiments.results.cells import Setting

MOST_KEYS = 8
"""So many changed keys are named."""

MOST_NAMES = 3
LONGEST = 40
"""A longer value is cut."""

_STATED_ELSEWHERE = ("run.seed", "run.replications", "callsim")
_NOTHING = "nothing"


class Change(NamedTuple):
    """A key of the experiment with another value, and the settings in which it has."""

    path: str
    before: str
    after: str
    settings: tuple[Setting, ...]


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Return what differs between two manifests' resolved experiments, by path, over the settings that both have."""
    found: dict[tuple[str, str, str], list[Setting]] = {}
    for setting, old, new in _common(before, after):
        flat_old, flat_new = dict(_flat(old)), dict(_flat(new))
        for path in flat_old.keys() | flat_new.keys():
            pair = flat_old.get(path, _NOTHING), flat_new.get(path, _NOTHING)
            if pair[0] != pair[1] and not path.startswith(_STATED_ELSEWHERE):
                found.setdefault((path, *pair), []).append(setting)
    return [Change(*key, tuple(sorted(settings))) for key, settings in sorted(found.items())]


def sentences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Say in one line each what differs between two manifests, before any figure does."""
    return [
        *_versions(before, after),
        *_only(before, after),
        *_changed(before, after),
    ]


def settings_of(manifest: Mapping[str, Any]) -> set[Setting]:
    """Return the variants and points that a manifest says were played."""
    return {Setting(variant, point) for variant, points in manifest.get("experiment", {}).items() for point in points}


def _common(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[Setting, Any, Any]]:
    for variant, point in sorted(settings_of(before) & settings_of(after)):
        yield Setting(variant, point), before["experiment"][variant][point], after["experiment"][variant][point]


def _flat(content: Any, above: str = "") -> Iterator[tuple[str, str]]:
    """Yield a tree's leaves by their path; entries of a list by their name where they have one."""
    if isinstance(content, Mapping) and content:
        for key, value in content.items():
            yield from _flat(value, f"{above}.{key}".lstrip("."))
    elif isinstance(content, list) and content:
        for place, value in enumerate(content):
            name = value.get("name", place) if isinstance(value, Mapping) else place
            yield from _flat(value, f"{above}[{name}]")
    else:
        yield above, json.dumps(content, ensure_ascii=False)


def _versions(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    old, new = before.get("versions", {}), after.get("versions", {})
    for name in sorted(old.keys() | new.keys()):
        if name != "callsim" and old.get(name) != new.get(name):
            yield f"{name}: {old.get(name, _NOTHING)} → {new.get(name, _NOTHING)}"
    places = [side.get("machine", {}).get("architecture") for side in (before, after)]
    if places[0] != places[1]:
        yield f"architecture: {places[0]} → {places[1]} (last bits may differ for that alone)"


def _only(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    for word, mine, other in (("before", before, after), ("after", after, before)):
        missing = sorted(settings_of(mine) - settings_of(other))
        if missing:
            yield f"only {word}, not compared: {_named([f'{variant} {point}'.strip() for variant, point in missing])}"


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    everywhere = tuple(setting for setting, _, _ in _common(before, after))
    found = changes(before, after)
    for change in found[:MOST_KEYS]:
        names = _named([f"{variant} {point}".strip() for variant, point in change.settings])
        where = "" if change.settings == everywhere else f" ({names})"
        yield f"{change.path}: {_cut(change.before)} → {_cut(change.after)}{where}"
    if len(found) > MOST_KEYS:
        yield f"and {len(found) - MOST_KEYS} more keys of the experiment"
    texts = before.get("experiment_text"), after.get("experiment_text")
    if not found and texts[0] != texts[1]:
        yield "the file's text differs, but says the same of what both played"


def _named(names: list[str]) -> str:
    more = len(names) - MOST_NAMES
    return ", ".join(names) if more <= 1 else f"{', '.join(names[:MOST_NAMES])} and {more} more"


def _cut(text: str) -> str:
    plain = text.strip('"')
    return plain if len(plain) <= LONGEST else f"{plain[: LONGEST - 1]}…"
