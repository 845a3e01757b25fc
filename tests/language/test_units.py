from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.spec.units import format_duration, parse_duration, parse_rate, parse_share


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("50us", 50e-6),
        ("250ms", 0.25),
        ("1.5s", 1.5),
        ("2m", 120.0),
        ("1h", 3600.0),
        ("7d", 604800.0),
        ("1m30s", 90.0),
        ("1h2m3s4ms", 3723.004),
        ("0.3ms", 0.0003),
        (".5s", 0.5),
        (0, 0.0),
        ("0", 0.0),
    ],
)
def test_durations_are_seconds(text: str | float, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "s", "5", 5, 0.5, "5 s", "5s1m", "1s1s", "-5s", "5sec", "1e3s", True, "9" * 80 + "s"]
)
def test_what_is_no_duration_is_refused(text: str | float) -> None:
    with pytest.raises(ValueError):
        parse_duration(text)


def test_a_bare_number_is_told_both_units_it_may_mean() -> None:
    with pytest.raises(ValueError, match="500 has no unit: write 500ms or 500s"):
        parse_duration(500)


@pytest.mark.parametrize(
    ("text", "rate"), [("40/s", 40.0), ("1200/min", 20.0), ("90/h", 0.025), ("0.5/s", 0.5), (0, 0.0)]
)
def test_rates_are_per_second(text: str | float, rate: float) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize("text", [40, "40", "40/m", "-1/s", "/s", "40 /s", "fast"])
def test_what_is_no_rate_is_refused(text: str | float) -> None:
    with pytest.raises(ValueError):
        parse_rate(text)


@pytest.mark.parametrize(
    ("text", "share"), [("0.5%", 0.005), (0.005, 0.005), ("100%", 1.0), (1, 1.0), (0, 0.0), ("0%", 0.0)]
)
def test_shares_are_fractions(text: str | float, share: float) -> None:
    assert parse_share(text) == share


@pytest.mark.parametrize("text", ["101%", 1.5, -0.1, "-1%", "half", "5 %", True])
def test_what_is_no_share_is_refused(text: str | float) -> None:
    with pytest.raises(ValueError):
        parse_share(text)


@given(st.floats(min_value=1e-9, max_value=1e12))
def test_a_formatted_duration_reads_back_as_the_same_float(seconds: float) -> None:
    assert parse_duration(format_duration(seconds)) == seconds


@given(st.integers(min_value=1, max_value=10**6), st.sampled_from(["us", "ms", "s", "m", "h", "d"]))
def test_a_unit_scales_exactly(number: int, unit: str) -> None:
    factors = {"us": (1, 10**6), "ms": (1, 1000), "s": (1, 1), "m": (60, 1), "h": (3600, 1), "d": (86400, 1)}
    times, by = factors[unit]
    assert parse_duration(f"{number}{unit}") == number * times / by


@given(st.text(max_size=20))
def test_no_text_makes_the_parsers_fail_otherwise(text: str) -> None:
    for parse in (parse_duration, parse_rate, parse_share):
        try:
            assert parse(text) >= 0
        except ValueError as error:
            assert str(error)
