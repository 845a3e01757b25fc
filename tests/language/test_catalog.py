from __future__ import annotations

from pathlib import Path

import pytest

from experiments import catalog
from experiments.language import ExperimentError, load
from experiments.language.source import parse
from experiments.language.tree import plain


@pytest.mark.parametrize("name", catalog.names())
def test_every_experiment_is_valid_and_says_what_it_is_for(name: str) -> None:
    assert load(f"catalog:{name}").name == name
    assert len(catalog.purpose(name)) > 30


def test_the_catalog_begins_with_the_documents_cases() -> None:
    assert {"checkout", "mm1", "checkout-breaker", "checkout-retries"} <= set(catalog.names())


def test_the_checkout_compares_five_styles() -> None:
    document = load("catalog:checkout")
    styles = [s.experiment.services["orders"].operations["checkout"].style.kind for s in document.scenarios()]
    assert tuple(styles) == document.variants == ("sync", "queue", "saga", "choreography", "hybrid")
    assert document.baseline == "sync"


def test_the_sweeps_play_the_same_shop_as_the_checkout() -> None:
    shop = plain(parse(catalog.fragments("checkout-breaker")["checkout.part.yaml"], "part"))
    whole = plain(parse(catalog.text("checkout"), "checkout"))
    assert shop == {table: whole[table] for table in shop}
    assert {"services", "calls", "workload"} <= set(shop)


def test_an_unknown_name_is_told_the_nearest() -> None:
    with pytest.raises(ExperimentError, match="did you mean 'checkout'"):
        load("catalog:chekout")


def test_a_fragment_is_no_experiment() -> None:
    assert "checkout.part" not in catalog.names()


def test_an_experiment_copied_with_its_fragments_is_valid_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(catalog.text("checkout-retries"), encoding="utf-8")
    for name, text in catalog.fragments("checkout-retries").items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert load(tmp_path / "mine.yaml").points == load("catalog:checkout-retries").points
