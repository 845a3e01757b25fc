from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

from reports.page import render_page
from reports.page_svg import inline_svg
from tests.reports import sample
from tests.reports.conftest import Drawn

VOID = {"meta", "path", "use", "rect", "br"}


class Reader(HTMLParser):
    """Checks that tags close in order, and keeps the text and the ids."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.headings: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        self.attributes += attrs
        self.ids += [str(value) for name, value in attrs if name == "id"]

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "h2":
            self.headings.append(data.strip())


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    return reader


def test_the_page_begins_with_the_answer_and_ends_with_how_to_make_it_again(compared: Drawn) -> None:
    page = render_page(*compared)
    order = [
        *("queue meets 4 of 5 objectives", "What went wrong where", 'id="s1"', "phase by phase"),
        *("<h2>Objectives</h2>", "<h2>The experiment</h2>", "callsim run checkout.yaml"),
    ]
    places = [page.index(text) for text in order]
    assert places == sorted(places)


def test_the_page_is_well_formed_and_no_id_is_given_twice(compared: Drawn) -> None:
    reader = read(render_page(*compared))
    assert reader.open == []
    assert len(reader.ids) == len(set(reader.ids))
    assert reader.headings[1:3] == ["checkout", "add_to_cart"]


def test_the_page_names_no_address_and_loads_nothing(compared: Drawn) -> None:
    page = render_page(*compared)
    assert not re.search(r"https?:|//[a-z]|@import|<script|<link|<iframe", page)
    for name, value in read(page).attributes:
        if name in {"src", "href"}:
            assert str(value).startswith("#")


def test_references_inside_pictures_lead_somewhere(compared: Drawn) -> None:
    page = render_page(*compared)
    ids = set(read(page).ids)
    assert set(re.findall(r"url\(#([^)]+)\)", page)) <= ids
    assert set(re.findall(r'href="#([^"]+)"', page)) <= ids


def test_texts_of_the_user_are_never_markup(compared: Drawn) -> None:
    evidence = replace(compared[0], name="<script>alert(1)</script>", description="a & b", command="x > y")
    page = render_page(evidence, [])
    assert "<script" not in page
    assert "&lt;b&gt;not&lt;/b&gt; markup &amp; never executed" in page
    assert "x &gt; y" in page


def test_the_machine_the_seed_and_the_versions_are_on_the_page(compared: Drawn) -> None:
    page = render_page(compared[0], [])
    assert "<dt>files" not in page
    for fact in ("<dt>seed</dt><dd>42</dd>", "<dt>versions callsim</dt><dd>0.1.0</dd>", "<dt>machine cores</dt>"):
        assert fact in page


def test_light_dark_and_paper_are_provided_for(compared: Drawn) -> None:
    page = render_page(compared[0], compared[1][:1])
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page
    assert "var(--ink)" in page[page.index("<svg") :]


def test_a_sweep_and_a_single_variant_make_a_page_too(swept: Drawn) -> None:
    assert "All 3 objectives hold at 11 of 25 points" in render_page(*swept)
    assert "base meets 2 of 5 objectives" in render_page(sample.one_variant(), [])


def test_a_page_with_nothing_in_it_still_says_so() -> None:
    evidence = sample.checkout(("base",))
    frames = {name: getattr(evidence, name).iloc[:0] for name in ("summary", "comparisons", "objectives")}
    page = render_page(replace(evidence, manifest={}, **frames), [])
    assert "There are no figures for any workload." in page


def test_every_figure_of_the_tables_has_unit_and_interval(compared: Drawn) -> None:
    page = render_page(compared[0], [])
    table = page[page.index("checkout, the whole window") :].split("</table>")[0]
    cells = re.findall(r"<td>(.*?)</td>", table)
    assert len(cells) > 20
    for cell in cells:
        assert cell == "never" or re.fullmatch(r"[\d.,]+ (%|s|ms|µs|/s|per request) \[[\d.,]+, [\d.,]+\]", cell), cell


def test_an_inlined_picture_keeps_what_its_ids_join() -> None:
    text = (
        '<?xml version="1.0"?>\n<svg xmlns:xlink="x" width="720pt" height="3pt" viewBox="0 0 720 3" version="1.1">'
        '<defs><path id="a" d=""/></defs><use xlink:href="#a" style="fill: #1b1f24; clip-path: url(#a)"/></svg>'
    )
    assert inline_svg(text, "c7", {"#1b1f24": "--ink"}) == (
        '<svg viewBox="0 0 720 3" aria-hidden="true" focusable="false"><defs><path id="c7-a" d=""/></defs>'
        '<use href="#c7-a" style="fill: var(--ink); clip-path: url(#c7-a)"/></svg>'
    )


def test_the_page_says_what_is_left_out_at_which_point(swept: Drawn) -> None:
    evidence, charts = swept
    assert f"Measured from {evidence.warmup:g} s to {evidence.duration:g} s." in render_page(evidence, charts)
    places = {point: 10.0 + 5 * number for number, point in enumerate(evidence.points)}
    page = render_page(replace(evidence, warmups=places), charts)
    assert f"Measured from 10 s or more (at most {max(places.values()):g} s, by point) to" in page
