"""The page's own example is valid with what an import writes, and plays."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from experiments.importing.converting import convert
from experiments.language import load
from simulator.run import run_once
from tests.importing.press import CONFIGS
from tests.importing.test_files import FILES

PAGE = Path(__file__).parents[2] / "docs" / "importing.md"


@pytest.mark.parametrize("kind", ["resilience4j", "istio", "envoy"])
def test_the_pages_example_plays_with_an_imported_part(tmp_path: Path, kind: str) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "payment.part.yaml").write_text(convert(kind, CONFIGS / FILES[kind]).text, encoding="utf-8")
    whole = tmp_path / "whole.yaml"
    whole.write_text(example, encoding="utf-8")
    (scenario,) = load(whole, ["run.duration=5s", "run.warmup=0"]).scenarios()
    assert len(scenario.edges) == 2
    assert run_once(scenario, 0) is not None
