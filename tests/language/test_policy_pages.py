"""The pages about policies: none is missing in the index, and `validate` accepts their examples."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from experiments.language import load
from simulator.spec.policies import NAMED_STACKS, ORDER, BreakerSpec, BulkheadSpec, HedgeSpec, RetrySpec

FOLDER = Path(__file__).parents[2] / "docs" / "policies"
PAGES = sorted(file.name for file in FOLDER.glob("*.md"))
INDEX = (FOLDER / "README.md").read_text(encoding="utf-8")
WITHOUT = {"adding-a-policy.md"}
"""Pages whose example needs what is no part of the house (see `tests.contract.test_adding_a_policy`)."""

EXAMPLES = [
    pytest.param(text, id=f"{name}-{number}")
    for name in PAGES
    if name not in WITHOUT
    for number, text in enumerate(
        re.findall(r"^```yaml\n(.*?)^```$", (FOLDER / name).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    )
    if re.search(r"^services:", text, re.MULTILINE)
]


def test_the_index_names_every_page() -> None:
    assert [name for name in PAGES if name != "README.md" and f"]({name})" not in INDEX] == []


def test_the_index_has_every_policy_in_the_usual_order() -> None:
    table = INDEX.partition("## Where they are written")[0]
    assert re.findall(r"^\| \[`(\w+)`\]", table, re.MULTILINE) == list(ORDER)


@pytest.mark.parametrize("spec", [BreakerSpec, BulkheadSpec, HedgeSpec, RetrySpec], ids=lambda spec: spec.__name__)
def test_the_index_names_every_preset(spec: type[BreakerSpec | BulkheadSpec | HedgeSpec | RetrySpec]) -> None:
    row = next(line for line in INDEX.splitlines() if line.startswith(f"| [`{spec.__name__[:-4].lower()}`]"))
    assert re.split(r", ", row.split("|")[-2].strip()) == list(spec.presets)


def test_the_index_names_every_stack() -> None:
    assert [name for name in NAMED_STACKS if f"| `{name}` |" not in INDEX] == []


@pytest.mark.parametrize("text", EXAMPLES)
def test_an_example_is_valid(tmp_path: Path, text: str) -> None:
    file = tmp_path / "example.yaml"
    file.write_text(text, encoding="utf-8")
    assert load(file).scenarios()
