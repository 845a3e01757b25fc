"""A canary: how long until one run shows that the new version is worse."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from scipy import stats

from experiments.api import Results, looks, run, time_to_significance
from experiments.statistics.two_samples import size_for_shares

SHORT = ("run.duration=5m", "run.window=10s")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    out = tmp_path_factory.mktemp("canary") / "out"
    return run("catalog:canary", overrides=SHORT, variants=["as_good", "far_more_errors"], replications=2, out=out)


def test_the_new_version_takes_over_what_it_does_not_say(results: Results) -> None:
    services = results.manifest["experiment"]["far_more_errors"][""]["services"]
    old, new = services["orders_v1"], services["orders_v2"]
    assert (new["extends"], new["workers"], new["replicas"]) == ("orders_v1", old["workers"], old["replicas"])
    place = [service["operations"]["place"] for service in (old, new)]
    assert [operation["server_errors"]["share"] for operation in place] == [0.01, 0.05]
    assert place[0]["steps"] == place[1]["steps"]


def test_every_look_is_a_test_of_all_answers_so_far(results: Results) -> None:
    seen = looks(results, route="orders")
    chosen = seen[(seen["variant"] == "far_more_errors") & (seen["replication"] == 1)]
    series = results.timeline
    series = series[(series["variant"] == "far_more_errors") & (series["replication"] == 1)]
    wide = series.pivot(index="time", columns=["operation", "metric"], values="value")
    counts = {name: wide[f"route:orders/{name}"]["throughput"] * 10 for name in ("v1", "v2")}
    errors = {name: (wide[f"route:orders/{name}"]["error_rate"] * counts[name]).fillna(0) for name in counts}
    assert chosen["requests_a"].tolist() == pytest.approx(counts["v2"].cumsum().tolist())
    last = chosen.iloc[-1]
    table = [[round(errors[name].sum()), round((counts[name] - errors[name]).sum())] for name in ("v2", "v1")]
    assert last["time"] == 300
    assert last["p_value"] == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue)


def test_latencies_are_tested_by_welch_with_the_spread_of_single_requests(tmp_path: Path) -> None:
    results = run(
        "catalog:canary",
        overrides=["run.duration=60s", "run.window=60s", "services.orders_v2.operations.place.client_errors=30%"],
        variants=["slower"],
        replications=1,
        out=tmp_path / "out",
    )
    runs = results.runs
    figures: dict[Any, Any] = {
        (row.operation, row.metric): row.value for row in runs.itertuples() if row.phase == "all"
    }
    only: Any = looks(results, route="orders", metric="latency_mean").iloc[0]
    parts = []
    for name, requests in (("v2", only.requests_a), ("v1", only.requests_b)):
        failed = figures[f"route:orders/{name}", "error_rate"] + figures[f"route:orders/{name}", "client_error_rate"]
        moments = (figures[f"route:orders/{name}", "latency_mean"], figures[f"route:orders/{name}", "latency_sd"])
        parts += [*moments, round(requests * (1 - failed))]
    # The phase goes by the begin of a call and the look by its end: a few calls of a thousand are not in both.
    assert only.p_value == pytest.approx(stats.ttest_ind_from_stats(*parts, equal_var=False).pvalue, rel=0.3)


def test_a_bad_canary_is_found_and_a_good_one_is_not(results: Results) -> None:
    found = time_to_significance(results, route="orders").set_index("variant")
    assert found.loc["far_more_errors"]["lasting"].max() <= 300
    assert (found["first"] <= found["lasting"]).all()
    assert (found["first"] <= found["corrected"]).all()
    assert math.isinf(found.loc["as_good"]["corrected"].min())


def test_the_route_and_the_metric_must_be_there(results: Results) -> None:
    with pytest.raises(KeyError, match="no route 'order' that splits; there are: orders"):
        time_to_significance(results, route="order")
    with pytest.raises(ValueError, match="must be error_rate or latency_mean"):
        time_to_significance(results, route="orders", metric="latency_p99")  # type: ignore[arg-type]


@pytest.mark.stat
def test_the_sample_size_formula_says_when_four_of_five_runs_show_it(tmp_path: Path) -> None:
    """One look at the size for a power of 80 %; 60 runs, so within 0.8 ± 3.3 · √(0.8 · 0.2 / 60); false alarm 0.001."""
    size = size_for_shares(0.02, 0.01, 9.0)
    seconds = math.ceil(size / 2.0)  # the canary gets 2 requests a second
    overrides = [f"run.duration={seconds}s", f"run.window={seconds}s"]
    results = run(
        "catalog:canary",
        overrides=overrides,
        variants=["as_good", "more_errors"],
        replications=60,
        out=tmp_path / "out",
    )
    seen = looks(results, route="orders")
    shares = (seen["p_value"] < 0.05).groupby(seen["variant"]).mean()
    assert shares["more_errors"] == pytest.approx(0.80, abs=3.3 * math.sqrt(0.8 * 0.2 / 60))
    assert shares["as_good"] <= 0.05 + 3.3 * math.sqrt(0.05 * 0.95 / 60)
