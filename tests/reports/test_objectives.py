"""What was asked for is said in full: also within which time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from experiments.api import run
from experiments.results.evidence import evidence_of
from reports.evidence import Evidence
from reports.page import render_page
from tests.cli.conftest import SHOP
from tests.reports import sample
from tests.reports.test_texts import printed


def asking(within: float) -> Evidence:
    """Results with a recovery objective that is not met."""
    clean, after = sample.checkout(("sync",)), "after:slow_provider"
    row = {"variant": "sync", "point": "", "phase": after, "operation": "checkout", "metric": "recovered"}
    figures = {"bound": 0.8, "mean": 0.2, "ci_low": 0.1, "ci_high": 0.4, "verdict": "missed"}
    objectives = pd.concat([clean.objectives, pd.DataFrame([row | figures])], ignore_index=True)
    return replace(clean, objectives=objectives, limits={("checkout", after, "recovered"): within})


def test_the_time_within_which_to_recover_is_shown() -> None:
    for within, words in ((120.0, "2 min"), (90.0, "90 s"), (0.5, "500 ms")):
        wanted = f"checkout after slow_provider: recovered within {words} ≥ 80 %"
        for shown in (printed(asking(within)), render_page(asking(within), [])):
            assert wanted in " ".join(shown.split())


def test_it_comes_from_the_results_folder(tmp_path: Path) -> None:
    bounds = "visit: {latency_p99: 1us, good: {within: 250ms, at_least: 99%}, after lunch: "
    bounds += "{recovered: {within: 3s, share: 80%}}}"
    text = SHOP.replace("visit: {latency_p99: 10s, error_rate: 1%}", bounds)
    (tmp_path / "shop.yaml").write_text(text, encoding="utf-8")
    results = run(tmp_path / "shop.yaml", variants=["one"], replications=2)
    evidence = evidence_of(results)
    assert evidence.limits == {("visit", "after:lunch", "recovered"): 3.0, ("visit", "all", "good"): 0.25}
    told = " ".join(render_page(evidence, []).split())
    assert "visit after lunch: recovered within 3 s ≥ 80 %" in told
    assert "within 250 ms ≥ 99 %" in told
