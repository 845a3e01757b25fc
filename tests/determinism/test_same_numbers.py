"""One file, one seed: the same columns to the last bit, whatever the order of keys, the process, the CPU's features."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.determinism.checkout import columns, digest, text
from tests.styles.storm import STORM
from tests.support import columns_of, play

VARIANTS = ["sync", "queue", "saga", "choreography", "hybrid"]
CATALOG = "catalog:checkout"


def reordered(value: Any) -> Any:
    """Every mapping backwards."""
    if isinstance(value, dict):
        return {key: reordered(value[key]) for key in reversed(list(value))}
    return [reordered(item) for item in value] if isinstance(value, list) else value


def written(folder: Path, change: Any) -> Path:
    """The checkout with a change, as a file."""
    yaml = YAML(typ="safe", pure=True)
    content = change(yaml.load(text()))
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    stream = io.StringIO()
    yaml.dump(content, stream)
    file = folder / "checkout.yaml"
    file.write_text(stream.getvalue(), encoding="utf-8")
    return file


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Equal to the last bit; not a number equals itself."""
    return repr(one) == repr(other)


@pytest.mark.parametrize("variant", VARIANTS)
def test_reordered_keys_and_a_second_run_give_the_same_columns(tmp_path: Path, variant: str) -> None:
    def backwards(content: Any) -> Any:
        content = reordered(content)
        content["workload"].reverse()
        content["faults"].reverse()
        for topic in content["topics"].values():
            topic["subscribers"].reverse()
        return content

    file = written(tmp_path, backwards)
    assert next(iter(YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8")))) == "variants"
    assert same(columns(file, variant), columns(CATALOG, variant))


@pytest.mark.parametrize("style", ["sync", "queue", "choreography"])
def test_a_storm_is_the_same_storm_again(tmp_path: Path, style: str) -> None:
    override = f"services.shop.operations.buy.style={style}"
    first = columns_of(play(tmp_path, STORM, override).result)
    assert same(columns_of(play(tmp_path, STORM, override).result), first)
    assert not same(columns_of(play(tmp_path, STORM, override, replication=1).result), first)


def test_an_unrelated_service_changes_no_other_row() -> None:
    stranger = "services.a_stranger={workers: 2, operations: {idle: {work: {dist: exponential, mean: 20ms}}}}"
    busy = "workload.checkout={callers: 1}"
    plain, with_it = columns(CATALOG, "saga"), columns(CATALOG, "saga", stranger, busy)
    for table in ("metrics", "timeline"):
        names = [name for name in plain if name.startswith(f"{table}.")]
        rows = list(zip(*(plain[name] for name in names), strict=True))
        more = list(zip(*(with_it[name] for name in names), strict=True))
        place = names.index(f"{table}.operation")
        assert repr([row for row in more if row[place] != "service:a_stranger"]) == repr(rows)
        assert len(more) > len(rows)
    for table in ("requests", "distributions", "breaker_states"):
        for name in plain:
            if name.startswith(f"{table}."):
                assert repr(with_it[name]) == repr(plain[name])


def test_an_unrelated_workload_changes_no_other_request(tmp_path: Path) -> None:
    """The stranger's own requests come and go, the others draw and meet exactly what they did."""

    def stranger(content: Any) -> Any:
        content["services"]["a_stranger"] = {"workers": 2, "operations": {"idle": {"work": "20ms"}}}
        arrivals = {"process": "poisson", "rate": "50/s"}
        content["workload"].insert(0, {"call": "a_stranger.idle", "arrivals": arrivals})
        return content

    plain, with_it = columns(CATALOG, "saga"), columns(written(tmp_path, stranger), "saga")
    names = [name for name in plain if name.startswith("requests.")]
    place = names.index("requests.operation")
    rows = zip(*(with_it[name] for name in names), strict=True)
    others = [row for row in rows if row[place] != "idle"]
    assert repr(others) == repr(list(zip(*(plain[name] for name in names), strict=True)))


def test_the_cpus_vector_features_and_the_hash_seed_change_nothing() -> None:
    code = "from tests.determinism.checkout import digest; print(digest('choreography'))"
    features = "AVX2 FMA3 AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],  # numpy warns of features that this CPU does not have
        env={**os.environ, "NPY_DISABLE_CPU_FEATURES": features, "PYTHONHASHSEED": "7"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == digest("choreography")
