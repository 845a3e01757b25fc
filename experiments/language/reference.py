"""The reference page of the experiment file: every table and key, made from the models and their JSON Schema.

Whatever a model gains appears here by itself: ``docs/reference.md`` is this module's text, by test.
"""

from __future__ import annotations

import re
import sys
from collections import deque
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path
from typing import Any

from experiments.language.schema import experiment_schema
from simulator.metrics.names import METRICS
from simulator.spec.base import Spec
from simulator.spec.experiment import ExperimentSpec

_Json = dict[str, Any]

HEAD = """# Reference of all keys

Made from the models by `make reference`; do not edit. What the parts mean together, and why, is told in
[the language](language.md), [the policies](policies/README.md) and the pages of `docs/world/`.

A key in **bold** must be written. Where no default is given nothing holds. A name in the column *written as* that is a
link has a table of its own further down.
"""

UNITS = {
    "Duration": "a duration: `50us 250ms 1.5s 2m 1h 7d 1m30s`, or `0`",
    "Rate": "a rate: `40/s 1200/min 90/h`, or `0`",
    "Share": "a share: `0.5%`, or a number from 0 to 1",
}
"""Quantities that are texts with a unit."""

_TAGS = ("dist", "process", "kind")
_GROUPS = ("Law", "Arrivals", "Fault", "Batch", "Shed", "Budget")
"""What models of several kinds end with."""
_SUFFIXES = ("Spec", "Step")
_PLURAL = {"a text": "texts", "a duration": "durations", "a mapping": "mappings"}


def reference_text() -> str:
    """The page."""
    schema = _without_twins(experiment_schema())
    page = _Page(schema["$defs"])
    return "\n".join([HEAD, *page.sections({key: value for key, value in schema.items() if key != "$defs"})])


def _without_twins(value: Any) -> Any:
    """The schema without what a service may write that extends another: the same keys, and none must be written."""
    if isinstance(value, list):
        return [_without_twins(member) for member in value]
    if not isinstance(value, dict):
        return value
    if _names_a_twin(value.get("then")):
        return _without_twins(value["else"])
    return {key: _without_twins(inner) for key, inner in value.items()}


def _names_a_twin(member: Any) -> bool:
    return isinstance(member, dict) and member.get("$ref", "").startswith("#/$defs/Partial")


def models() -> dict[str, type[Spec]]:
    """Every model of a part of the file by its name in the schema, the file itself as ``ExperimentSpec``."""
    found: dict[str, type[Spec]] = {}
    waiting: deque[type[Spec]] = deque([Spec])
    while waiting:
        for model in waiting.popleft().__subclasses__():
            found.setdefault(model.__name__, model)
            found[f"{model.__module__}.{model.__qualname__}".replace(".", "__")] = model
            waiting.append(model)
    return found


class _Page:
    def __init__(self, definitions: _Json) -> None:
        self._definitions = definitions
        self._models = models()

    def sections(self, root: _Json) -> Iterator[str]:
        """The file, then everything that it holds, each once, in the order in which it is met."""
        yield from self._section("The file", root, ExperimentSpec)
        waiting, seen = deque(self._within(root, ExperimentSpec)), set(UNITS)
        while waiting:
            name = waiting.popleft()
            if name in seen:
                continue
            seen.add(name)
            definition = self._definitions[name]
            model = self._models.get(name)
            yield from self._section(self._title(name), definition, model)
            waiting.extend(self._within(definition, model))
        yield from self._metrics()

    def _section(self, title: str, definition: _Json, model: type[Spec] | None) -> Iterator[str]:
        yield f"## {title}\n"
        for said in _docstrings(model):
            yield f"{_plain(said)}\n"
        if "properties" not in definition:
            yield f"Written as {self._type(definition)}.\n"
            return
        yield "| key | written as | default |"
        yield "|---|---|---|"
        required = definition.get("required", [])
        for key in _ordered(definition, model):
            value = definition["properties"][key]
            shown = f"**`{key}`**" if key in required else f"`{key}`"
            yield f"| {shown} | {self._type(value)} | {_default(key, value, required, model)} |"
        yield ""

    def _metrics(self) -> Iterator[str]:
        yield "## Metrics\n"
        yield "What `objectives` may bound, and what the tables hold.\n"
        yield "| metric | unit | good | what it is |"
        yield "|---|---|---|---|"
        for metric in METRICS.values():
            yield f"| `{metric.name}` | {metric.unit} | {metric.better} | {metric.meaning} |"
        yield ""

    def _within(self, definition: _Json, model: type[Spec] | None) -> list[str]:
        """The definitions that one refers to, in the order of its keys."""
        parts = [definition["properties"][key] for key in _ordered(definition, model)] or [definition]
        return [name for part in parts for name in _references(part)]

    def _title(self, name: str) -> str:
        """``PoissonArrivals`` is "arrivals: poisson"; ``RetrySpec`` is "retry"."""
        group, constant = self._kind(name)
        if constant:
            return f"{group}: {constant}"
        module, _, short = name.rpartition("__")
        return f"{_words(short)} of {module.rpartition('__')[2]}" if module else _words(name)

    def _kind(self, name: str) -> tuple[str, str]:
        """What a definition is one kind of, and which kind; empty where it is no kind of anything."""
        for tag in _TAGS:
            constant = self._definitions[name].get("properties", {}).get(tag, {}).get("const")
            if constant is not None:
                group = next((suffix for suffix in _GROUPS if name.removesuffix("Spec").endswith(suffix)), name)
                return _words(group), str(constant)
        return "", ""

    def _type(self, value: _Json) -> str:
        """How a value is written, in words."""
        if "$ref" in value:
            name = value["$ref"].rpartition("/")[2]
            if name in UNITS:
                return UNITS[name].partition(":")[0]
            title = self._title(name)
            return f"[{title}](#{_anchor(title)})"
        for union in ("anyOf", "oneOf"):
            if union in value:
                return " or ".join(dict.fromkeys(self._types([part for part in value[union] if _says(part)])))
        if "const" in value:
            return f"`{value['const']}`"
        if "enum" in value:
            return ", ".join(f"`{word}`" for word in value["enum"])
        return self._plain_type(value)

    def _types(self, members: list[_Json]) -> Iterator[str]:
        """Each member of a union; the kinds of one thing in one go."""
        kinds: dict[str, list[str]] = {}
        for member in members:
            name = member.get("$ref", "").rpartition("/")[2]
            group, constant = self._kind(name) if name else ("", "")
            if group:
                kinds.setdefault(group, []).append(f"[{constant}](#{_anchor(self._title(name))})")
            else:
                yield self._type(member)
        for group, links in kinds.items():
            yield f"{group}: {', '.join(links)}"

    def _plain_type(self, value: _Json) -> str:
        kind = value.get("type")
        if kind == "array":
            inner = self._type(value["items"]) if value.get("items") else ""
            return f"a list of {_PLURAL.get(inner, inner)}" if inner else "a list"
        if kind == "object":
            members = value.get("additionalProperties")
            if not isinstance(members, dict) or not members:
                return "a mapping"
            return f"a mapping of names to {self._type(members)}"
        if isinstance(kind, list):
            return " or ".join({"object": "a mapping", "array": "a list"}.get(word, f"a {word}") for word in kind)
        words = {"string": "a text", "boolean": "`true` or `false`", "integer": "a whole number", "number": "a number"}
        limits = [f"{words} {value[key]:g}" for key, words in _LIMITS.items() if key in value]
        return " ".join([words.get(kind or "", "anything"), *limits])


_LIMITS = {"minimum": "from", "exclusiveMinimum": "above", "maximum": "to"}


def _says(part: _Json) -> bool:
    """Whether a member of a union is a type, rather than a rule about which keys go together."""
    return bool({"$ref", "type", "const", "enum", "anyOf", "oneOf"} & set(part))


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for inner in value:
            yield from _references(inner)
    elif isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"].rpartition("/")[2]
        for inner in value.values():
            yield from _references(inner)


def _ordered(definition: _Json, model: type[Spec] | None) -> list[str]:
    """The keys of a definition in the order of its model, those that tell its kind first."""
    keys = list(definition.get("properties", {}))
    order = {key: place for place, key in enumerate(model.keys())} if model is not None else {}
    return sorted(keys, key=lambda key: (key not in _TAGS, order.get(key, len(order)), key))


def _default(key: str, value: _Json, required: list[str], model: type[Spec] | None) -> str:
    if key in required:
        return ""
    if "default" in value:
        shown = value["default"]
    else:
        fields = model.model_fields if model is not None else {}
        info = fields.get(key) or next((field for field in fields.values() if field.alias == key), None)
        shown = info.default if info is not None and isinstance(info.default, tuple) and info.default else None
    if shown is None or shown == "":
        return ""
    if isinstance(shown, tuple):
        return f"`[{', '.join(map(str, shown))}]`" if all(isinstance(word, str) for word in shown) else ""
    return f"`{str(shown).lower() if isinstance(shown, bool) else shown}`"


def _docstrings(model: type[Spec] | None) -> Iterator[str]:
    """What is said of a model, and of what it has in common with others."""
    if model is not None:
        lineage = model.__mro__[: model.__mro__.index(Spec)]
        yield from (base.__doc__ for base in lineage if base.__doc__)


def _plain(docstring: str) -> str:
    """A docstring as the page says it: keys as files spell them, nothing about modules and attributes."""
    text = cleandoc(docstring).partition("\nAttributes:")[0].strip()
    text = re.sub(r"\s*\((?:see|See) `[^`]*`\)", "", text)
    text = re.sub(r"``([^`]*)``", lambda found: f"`{re.sub(r'_(?=$|[^a-z0-9_])', '', found[1])}`", text)
    return re.sub(r"`(for|mean|from|if|is|at)_`", r"`\1`", text)


def _words(name: str) -> str:
    short = next((name.removesuffix(suffix) for suffix in _SUFFIXES if name != suffix and name.endswith(suffix)), name)
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", short).lower()
    return f"{words} step" if name.endswith("Step") else words


def _anchor(title: str) -> str:
    """The place of a heading, as GitHub names it."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(reference_text(), encoding="utf-8", newline="\n")
