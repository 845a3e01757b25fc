"""The order of keys in the file changes no number: the scenario is the same to the last letter."""

from __future__ import annotations

import io
import pickle
import random
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from experiments import catalog
from experiments.language import load


def shuffled(value: Any, chance: random.Random) -> Any:
    if isinstance(value, dict):
        keys = list(value)
        chance.shuffle(keys)
        return {key: shuffled(value[key], chance) for key in keys}
    return [shuffled(item, chance) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("seed", range(5))
def test_shuffled_keys_give_the_same_scenarios(tmp_path: Path, seed: int) -> None:
    yaml = YAML(typ="safe", pure=True)
    content = shuffled(yaml.load(catalog.text("checkout")), random.Random(seed))
    for table in ("workload", "faults"):
        random.Random(seed).shuffle(content[table])
    stream = io.StringIO()
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.dump(content, stream)
    file = tmp_path / "checkout.yaml"
    file.write_text(stream.getvalue(), encoding="utf-8")

    original = {scenario.variant: scenario for scenario in load("catalog:checkout").scenarios()}
    changed = load(file)
    assert list(changed.variants) == list(content["variants"])
    for scenario in changed.scenarios():
        assert repr(scenario) == repr(original[scenario.variant])
        assert list(scenario.edges) == list(original[scenario.variant].edges)


def test_a_scenario_travels_to_another_process(tmp_path: Path) -> None:
    (scenario,) = load("catalog:mm1").scenarios()
    assert pickle.loads(pickle.dumps(scenario)) == scenario
