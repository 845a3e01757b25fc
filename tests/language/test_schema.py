from __future__ import annotations

import copy
import json
from typing import Any

import jsonschema
import pytest

from experiments import catalog
from experiments.language.schema import SHIPPED, experiment_schema, schema_text
from experiments.language.source import parse
from experiments.language.tree import plain


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schema = experiment_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def experiment(name: str) -> Any:
    return plain(parse(catalog.text(name), name))


def test_the_schema_in_the_package_is_up_to_date() -> None:
    assert SHIPPED.read_text(encoding="utf-8") == schema_text(), (
        "run: callsim schema --out experiments/language/callsim.schema.json"
    )


@pytest.mark.parametrize("name", ["checkout", "mm1"])
def test_the_catalog_is_valid_by_the_schema(validator: jsonschema.Draft202012Validator, name: str) -> None:
    assert [error.message for error in validator.iter_errors(experiment(name))] == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (["services", "server", "workers"], 0),
        (["services", "server", "wrokers"], 2),
        (["services", "server", "operations", "answer", "work"], 5),
        (["services", "server", "operations", "answer", "work"], "5 seconds"),
        (["services", "server", "operations", "answer", "work"], {"dist": "exponential"}),
        (["services", "server", "operations", "answer", "steps"], []),
        (["workload", 0, "arrivals", "rate"], 80),
        (["workload", 0, "path"], "/both"),
        (["run", "duration"], None),
        (["run", "warmup"], "1 minute"),
        (["objectives"], {"answer": {"latency_p98": "1s"}}),
        (["faults"], [{"target": "server", "at": "1s", "for": "1s"}]),
        (["unknown"], 1),
    ],
)
def test_what_the_language_refuses_the_schema_refuses(
    validator: jsonschema.Draft202012Validator, path: list[Any], value: Any
) -> None:
    content = copy.deepcopy(experiment("mm1"))
    place = content
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    assert not validator.is_valid(content)


@pytest.mark.parametrize(
    ("table", "content"),
    [
        ("calls", {"default": "p", "a -> b": "none", "c -> d": {"retry": "none", "timeout": "1s"}}),
        ("objectives", {"answer": {"latency_p99": "1s", "during f": {"error_rate": "1%"}}}),
        ("network", {"a -> b": {"latency": {"dist": "constant", "value": "1ms"}, "loss": "1%"}}),
        ("x-notes", [1, 2]),
        ("sweep", {"services.server.workers": [1, 2]}),
        ("variants", {"a": {"services.server.workers": 2}}),
    ],
)
def test_shorthands_are_valid_by_the_schema(
    validator: jsonschema.Draft202012Validator, table: str, content: Any
) -> None:
    assert [error.message for error in validator.iter_errors({**experiment("mm1"), table: content})] == []


@pytest.mark.parametrize(
    ("content", "valid"),
    [
        ({"extends": "server"}, True),
        ({"extends": "server", "workers": 2, "queue": "none", "operations": {"answer": {"server_errors": "1%"}}}, True),
        ({"extends": "server", "operations": {"answer": {"work": {"mean": "3ms"}}, "other": "none"}}, True),
        ({"extends": "server", "operations": {"answer": {"steps": [{"work": "3ms"}]}}}, True),
        ({"extends": "server", "wrokers": 2}, False),
        ({"extends": "server", "workers": 0}, False),
        ({"extends": 3}, False),
        ({"extends": "server", "operations": {"answer": {"steps": [{"call": "none"}]}}}, False),
        ({"workers": 2}, False),
    ],
)
def test_a_service_that_extends_may_leave_out_anything(
    validator: jsonschema.Draft202012Validator, content: Any, valid: bool
) -> None:
    whole = experiment("mm1")
    whole["services"]["other"] = content
    assert validator.is_valid(whole) == valid


def test_the_schema_is_one_json_document() -> None:
    assert json.loads(schema_text())["$schema"].startswith("https://json-schema.org/")
