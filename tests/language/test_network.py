"""Sizes, bandwidths and zones as a file writes them, and what is said of mistakes in them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from simulator.spec.faults import parse_target
from simulator.spec.sizes import parse_bandwidth, parse_size
from tests.language.building import SHOP, problems, read

PAGE = Path(__file__).parents[2] / "docs" / "world" / "network.md"
ZONED = SHOP.replace("replicas: 2", "replicas: {a: 1, b: 2}")


@pytest.mark.parametrize(
    ("text", "size"),
    [("500B", 500), ("2kB", 2000), ("1.5MB", 1.5e6), ("3GB", 3e9), ("4KiB", 4096), ("1MiB", 2**20), (0, 0)],
)
def test_sizes_are_bytes(text: str, size: float) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    ("text", "bandwidth"),
    [("8bit/s", 1), ("10Mbit/s", 1.25e6), ("1Gbit/s", 1.25e8), ("5MB/s", 5e6), ("10MiB/s", 10 * 2**20)],
)
def test_bandwidths_are_bytes_per_second(text: str, bandwidth: float) -> None:
    assert parse_bandwidth(text) == bandwidth


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (5, "5 has no unit: write 5kB"),
        ("2 kB", "did you mean '2kB'"),
        ("2KB", "did you mean '2kB'"),
        ("x", "write one like 500B"),
        ("-1kB", "must not be negative"),
        (True, "is not a quantity"),
        ("9999999999TB", "too large"),
    ],
)
def test_what_is_no_size_is_told_what_to_write(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_size(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (7, "write 7Mbit/s"),
        ("10Mbps", "did you mean '10Mbit/s'"),
        ("10Mb/s", "did you mean '10Mbit/s'"),
        ("10Mbit", "did you mean '10Mbit/s'"),
        ("fast", "write one like 100Mbit/s"),
    ],
)
def test_what_is_no_bandwidth_is_told_what_to_write(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_bandwidth(text)


@pytest.mark.parametrize("link", ["{bandwidth: 10}", "{bandwidth: 0Mbit/s}", "{bandwidth: 10Mbps}"])
def test_a_wrong_bandwidth_is_an_error_at_its_place(tmp_path: Path, link: str) -> None:
    (only,) = problems(tmp_path, SHOP + f'network: {{"shop -> bank": {link}}}\n')
    assert 'network."shop -> bank".bandwidth' in only


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("zone:a -> zone:x", "there is no zone 'x'"),
        ("zone:a -> shop", "write both ends as zones or both as names"),
        ("zone:a", "is no link"),
    ],
)
def test_links_between_zones_that_cannot_be(tmp_path: Path, key: str, said: str) -> None:
    (only,) = problems(tmp_path, ZONED + f'network: {{"{key}": {{latency: 1ms}}}}\n')
    assert said in only


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("kind: crash, target: 'zone:ax'", "there is no zone 'ax'; did you mean 'a'?"),
        ("kind: partition, target: 'zone:a -> zone:c'", "there is no zone 'c'; there are: a, b"),
        ("kind: partition, target: 'zone:a -> shop'", "write both ends as zones"),
        ("kind: crash, target: 'zone:a <-> zone:b'", "cannot hit the edge"),
        ("kind: crash, target: 'zone:a', replicas: 1", "only for a target that is a service"),
        ("kind: crash, target: 'bank[3]'", "bank has 3 replicas"),
        ("kind: broker_down, target: 'zone:a'", "cannot hit the zone"),
    ],
)
def test_faults_of_zones_that_cannot_be(tmp_path: Path, fault: str, said: str) -> None:
    (only,) = problems(tmp_path, ZONED + f"faults: [{{{fault}, at: 1s, for: 1s}}]\n")
    assert said in only


def test_without_any_zone_the_advice_is_how_to_make_one(tmp_path: Path) -> None:
    (only,) = problems(tmp_path, SHOP + "faults: [{kind: crash, target: 'zone:a', at: 1s, for: 1s}]\n")
    assert "no service has replicas: {zone: number}" in only


@pytest.mark.parametrize(
    ("written", "said"),
    [("{a: 0}", "at least one replica"), ("{a: -1}", "at least 0"), ("{}", "at least one"), ("{all: 1}", "reserved")],
)
def test_replicas_by_zone_that_cannot_be(tmp_path: Path, written: str, said: str) -> None:
    (only,) = problems(tmp_path, SHOP.replace("replicas: 2", f"replicas: {written}"))
    assert said in only


def test_targets_of_zones_are_read_with_any_spaces() -> None:
    assert parse_target("zone: a").name == "a"
    both = parse_target("zone:a<->zone: b")
    assert (both.kind, both.name, both.other) == ("edge_both", "zone:a", "zone:b")


def test_a_bandwidth_that_nothing_fills_is_a_warning(tmp_path: Path) -> None:
    link = 'network: {"shop -> bank": {bandwidth: 1MB/s}}\n'
    (only,) = read(tmp_path, SHOP + link).warnings
    assert "nothing that passes here has a size" in only.message
    assert read(tmp_path, SHOP.replace("charge: {", "charge: {response_size: 1kB, ") + link).warnings == ()


def test_a_preference_of_a_service_in_no_zone_is_a_warning(tmp_path: Path) -> None:
    near = SHOP.replace("  bank:\n", "  bank:\n    balancing: {prefer: same_zone}\n")
    (only,) = read(tmp_path, near).warnings
    assert "bank is in no zone" in only.message


def test_between_two_bandwidths_a_sweep_counts_in_bits(tmp_path: Path) -> None:
    link = 'network: {"shop -> bank": {bandwidth: 1Mbit/s}}\n'
    sweep = (
        "sweep: {wide: {path: 'network.\"shop -> bank\".bandwidth', values: {from: 1Mbit/s, to: 3Mbit/s, steps: 3}}}\n"
    )
    assert read(tmp_path, SHOP + link + sweep).points == ("wide=1Mbit/s", "wide=2000000bit/s", "wide=3Mbit/s")


def test_the_example_of_the_page_is_valid_and_nothing_in_it_is_odd(tmp_path: Path) -> None:
    (example,) = re.findall(r"^```yaml\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert read(tmp_path, example).warnings == ()
