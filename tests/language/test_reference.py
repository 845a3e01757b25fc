"""The reference page, the JSON Schema and the parser know the same keys."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pydantic import ValidationError

from experiments.language.reference import models, reference_text
from experiments.language.schema import experiment_schema
from simulator.spec.base import PARTIAL, Spec
from simulator.spec.experiment import ExperimentSpec
from tests.architecture.source import ROOT

SCHEMA = experiment_schema()
ALL_TABLES: dict[str, dict[str, Any]] = {
    "ExperimentSpec": SCHEMA["properties"],
    **{name: content["properties"] for name, content in SCHEMA["$defs"].items() if "properties" in content},
}
TWINS = [name for name in ALL_TABLES if name.startswith("Partial")]
"""Tables as a service writes them that extends another: nothing in them is required."""
TABLES = {name: keys for name, keys in ALL_TABLES.items() if name not in TWINS}
"""Every table of the file: its keys by the schema."""


def model_of(table: str) -> type[Spec]:
    return ExperimentSpec if table == "ExperimentSpec" else models()[table]


def test_the_page_is_what_the_models_give() -> None:
    page = ROOT / "docs" / "reference.md"
    assert page.read_text(encoding="utf-8") == reference_text(), "say: make reference"


@pytest.mark.parametrize("table", TABLES)
def test_schema_and_model_have_the_same_keys(table: str) -> None:
    assert sorted(TABLES[table]) == sorted(model_of(table).keys())


@pytest.mark.parametrize("twin", TWINS)
def test_what_a_service_writes_over_another_has_the_keys_of_the_other(twin: str) -> None:
    assert sorted(ALL_TABLES[twin]) == sorted(ALL_TABLES[twin.removeprefix("Partial")])


@pytest.mark.parametrize("table", TABLES)
def test_the_parser_takes_every_key_and_no_other(table: str) -> None:
    """Given something impossible for every key, and one key too many: only the last is unknown."""
    written = {key: object() for key in [*TABLES[table], "nobody_has_this_key"]}
    with pytest.raises(ValidationError) as caught:
        model_of(table).model_validate(written, context=dict(PARTIAL))
    refused = {error["loc"] for error in caught.value.errors() if error["type"] in ("unknown_key", "extra_forbidden")}
    assert refused == {("nobody_has_this_key",)}


HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
ROW = re.compile(r"^\| \**`([^`]+)`\** \|", re.MULTILINE)


def test_the_page_has_every_table_with_its_keys_and_no_others() -> None:
    sections = HEADING.split(reference_text())[2::2]
    found = sorted(tuple(sorted(ROW.findall(section))) for section in sections[:-1])
    assert [keys for keys in found if keys] == sorted(tuple(sorted(table)) for table in TABLES.values())


def test_every_link_of_the_page_leads_to_one_heading() -> None:
    text = reference_text()
    titles = HEADING.findall(text)
    anchors = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
    assert len(anchors) == len(titles)
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= anchors
