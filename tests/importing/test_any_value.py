"""Whatever stands in a configuration file: what comes out is valid, or a sentence says why nothing does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from experiments.language import ExperimentError
from tests.importing.press import CONFIGS, brought
from tests.importing.test_files import FILES

ODD: list[Any] = [None, [], {}, -1, 0, 1e300, "", "x", "9" * 70, True, ["x"], {"x": 1}, "1s", 3]


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    members = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in members:
        yield (*path, key)
        yield from places(value, (*path, key))


def changed(node: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    copy = dict(node) if isinstance(node, dict) else list(node)
    copy[path[0]] = changed(node[path[0]], path[1:], value)
    return copy


@pytest.mark.parametrize("kind", FILES)
def test_any_value_anywhere(kind: str, tmp_path: Path) -> None:
    documents = list(YAML(typ="safe", pure=True).load_all((CONFIGS / FILES[kind]).read_text(encoding="utf-8")))
    tried = valid = 0
    for number, document in enumerate(documents):
        for turn, path in enumerate(places(document)):
            for value in ODD[turn % 7 :: 7]:
                whole = [changed(one, path, value) if at == number else one for at, one in enumerate(documents)]
                tried += 1
                valid += is_valid(kind, "\n---\n".join(json.dumps(one) for one in whole), tmp_path)
    assert tried > 50
    assert valid > 5


def is_valid(kind: str, text: str, folder: Path) -> bool:
    """Whether it was imported; the experiment that it becomes is read, and must be valid then."""
    try:
        outcome = brought(kind, text, folder)
    except ExperimentError as error:
        assert "whole.yaml" not in str(error), text
        return False
    return bool(outcome.text)
