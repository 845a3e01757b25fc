from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.language.problems import ExperimentError
from experiments.language.scalars import read_scalar
from experiments.language.source import parse
from experiments.language.tree import Scalar, plain


@pytest.mark.parametrize(
    "text", ["off", "on", "yes", "no", "y", "12:30", "010", "2001-01-01", "0b11", "1_000", "5s", "1e", "+"]
)
def test_what_only_older_yaml_takes_for_a_value_is_text(text: str) -> None:
    assert read_scalar(text) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("False", False),
        ("-3", -3),
        ("0", 0),
        ("0x1F", 31),
        ("0o17", 15),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".5", 0.5),
    ],
)
def test_core_values_are_read(text: str, value: object) -> None:
    assert read_scalar(text) == value
    assert type(read_scalar(text)) is type(value)


def test_quotes_make_text_of_anything() -> None:
    assert plain(parse("a: '5'\nb: \"true\"\nc: '.nan'\n", "f")) == {"a": "5", "b": "true", "c": ".nan"}


def test_every_value_knows_its_line_column_and_path() -> None:
    tree = parse("a:\n  - b: 1\n    'c d': 2\n", "f.yaml")
    node = tree.entries["a"].items[0].entries["c d"]  # type: ignore[union-attr]
    assert isinstance(node, Scalar)
    assert (node.place.file, node.place.line, node.place.column) == ("f.yaml", 3, 12)
    assert node.place.path == 'a[0]."c d"'


def test_an_alias_may_repeat_a_value() -> None:
    assert plain(parse("a: &x {b: 1}\nc: *x\n", "f")) == {"a": {"b": 1}, "c": {"b": 1}}


def test_several_mistakes_of_form_are_reported_together() -> None:
    with pytest.raises(ExperimentError) as caught:
        parse("a: .inf\na: 2\nb: !x 3\nc:\n", "f")
    assert [problem.line for problem in caught.value.problems] == [1, 2, 3, 4]


@given(st.text(max_size=60))
def test_no_text_makes_the_parser_fail_otherwise(text: str) -> None:
    try:
        parse(text, "f")
    except ExperimentError as error:
        assert error.problems
        assert all(problem.line >= 1 and problem.message for problem in error.problems)


@given(st.text(alphabet="ab:{}[]-,&*!'\"#|>%@ \n\t?~", max_size=40))
def test_no_heap_of_signs_makes_the_parser_fail_otherwise(text: str) -> None:
    try:
        parse(text, "f")
    except ExperimentError as error:
        assert error.problems
