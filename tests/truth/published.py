"""Published results, and where they are held: by cases of this suite, or by a page of figures and its tests.

The pages have their figures from the commands that stand in them; `test_published` keeps this table to what they say.
"""

from __future__ import annotations

from typing import NamedTuple


class Published(NamedTuple):
    """One published figure.

    Attributes:
        source: who published it.
        figure: of what.
        published: the figure there.
        callsim: the figure here, in the words of the page; empty if cases hold it.
        page: the page of the figure, below ``docs``; empty if cases hold it.
        test: what holds it, below ``tests``; empty if cases hold it.
        cases: the ids of the cases that hold it.
    """

    source: str
    figure: str
    published: str
    callsim: str = ""
    page: str = ""
    test: str = ""
    cases: tuple[str, ...] = ()


JITTER = "M. Brooker, Exponential Backoff and Jitter (AWS, 2015), its simulator in 1,000 runs"
RETRIES = "M. Brooker, Fixing retries (2022)"
STORM = "M. Brooker, Stability Sim, metastable failure (retry storm)"
COLLAPSE = "M. Brooker, simulation of a simple collapse"
TAIL = "J. Dean and L. A. Barroso, The Tail at Scale (CACM, 2013)"
SRE = "B. Beyer et al. (eds.), Site Reliability Engineering (2016)"
HOTOS = "N. Bronson et al., Metastable Failures in Distributed Systems (HotOS, 2021)"

_ROW = ("classics/contended-row.md", "classics/test_contended_row.py")
_RETRIES = ("classics/retry-storm.md", "classics/test_retry_storm.py")
_METASTABLE = ("classics/metastable-failure.md", "classics/test_metastable_failure.py")
_TAIL = ("classics/tail-at-scale.md", "classics/test_tail_at_scale.py")
_POOL = ("classics/thread-pool-exhaustion.md", "classics/test_thread_pool_exhaustion.py")

PUBLISHED: tuple[Published, ...] = (
    Published(JITTER, "calls of 100 clients, no backoff", "2,421.4", "2,425.8 ± 4.9", *_ROW),
    Published(JITTER, "calls of 100 clients, full jitter", "795.9", "796.5 ± 1.0", *_ROW),
    Published(JITTER, "their time, full jitter (ms)", "4,917", "4,904 ± 70", *_ROW),
    Published(
        JITTER,
        "1 to 3 clients",
        "40 ms; 3 and 6 calls",
        cases=tuple(f"backoff_occ_{n}" for n in ("N1_time", "N2_calls", "N3_calls")),
    ),
    Published(RETRIES, "three retries at f = 0.5: success", "0.9377", "0.9377 ± 0.0012", *_RETRIES),
    Published(RETRIES, "three retries at f = 0.5: load", "1.873", "1.875 ± 0.005", *_RETRIES),
    Published(
        RETRIES,
        "bucket of retries at f = 0.5: success, load",
        "0.550, 1.102",
        cases=("brooker_adaptive_success_f0.5", "brooker_adaptive_load_f0.5"),
    ),
    Published(
        "M. Brooker, Open and Closed (2023)",
        "p99, one closed client and open (ms)",
        "0.4704, 45.80",
        cases=("h2_brooker_closed1_p99", "mh21_brooker_p99"),
    ),
    Published(COLLAPSE, "runs that stay collapsed, retries at once", "87 of 120", "86 of 120", *_METASTABLE),
    Published(COLLAPSE, "the same with backoff and jitter", "0 of 60", "0 of 120", *_METASTABLE),
    Published(
        "M. Brooker, tail latency (2021)",
        "fan-out and chain of 10, 1 % slow",
        "formulas",
        cases=("brooker_parallel_n10_mean", "brooker_parallel_n100_mean", "brooker_serial_n10_sd"),
    ),
    Published(
        "M. Brooker, Erlang C (2020)",
        "probability of waiting, c = 5 at load 2.5",
        "13.04 %",
        cases=("mmc_c5_a2.5_pwait",),
    ),
    Published(STORM, "timeouts in the storm", "280/s", "283/s [275, 290]", *_METASTABLE),
    Published(STORM, "retries in the storm", "210/s", "212/s [206, 217]", *_METASTABLE),
    Published(STORM, "recovers at", "22/s and less", "18, 20, 22/s: 6 of 6 each", *_METASTABLE),
    Published(STORM, "does not recover at", "24/s and more", "24, 26, 28/s: 0 of 6 each", *_METASTABLE),
    Published(TAIL, "100 servers, 1 % slow: requests that are slow", "63 %", "63.5 ± 0.6 %", *_TAIL),
    Published(TAIL, "2,000 servers, slow once in 10,000 times", "18.1 %", "18.0 ± 1.8 %", *_TAIL),
    Published(TAIL, "more requests for hedging at p95", "5 %", "5.10 ± 0.03 %", *_TAIL),
    Published(SRE, "3 layers of 4 attempts (chapter 22)", "64", "64 exactly", *_RETRIES),
    Published(
        SRE,
        "retries in seconds 1, 2, 3 of an overload of 1 % (chapter 22)",
        "100, 200, 300/s",
        cases=tuple(f"sre_retry_growth_t{n}" for n in (1, 2, 3)),
    ),
    Published(SRE, "requests that find a thread (chapter 22)", "19.6 %", "19.7 % [19.3, 20.1]", *_POOL),
    Published(SRE, "client-side throttling, K = 2 (chapter 21)", "2 · capacity", cases=("sre_throttle_cap",)),
    Published(
        "AWS Builders' Library, Timeouts, retries, and backoff with jitter",
        "5 layers of 3 tries",
        "243",
        "243 exactly",
        *_RETRIES,
    ),
    Published(HOTOS, "queries after the outage, at 280/s", "560/s", "558/s [547, 570]", *_METASTABLE),
    Published(HOTOS, "recovers at", "below 150/s", "140/s and 100/s, every replication", *_METASTABLE),
    Published(
        "A. Krasnovsky, arXiv 2506.11176 (2026)",
        "social network, 30 % of containers dead, without and with replicas",
        "0.161, 0.305",
        cases=("dsb_socialnet_p0.3_repl0", "dsb_socialnet_p0.3_repl1"),
    ),
)
"""In the order of the page."""


def table() -> str:
    """Return the section of the page."""
    lines = [
        "## Published results\n",
        "Where a page is named it has the setup, the command and more figures; intervals there are of 95 %.\n",
        "| source | figure | published | callsim | where |",
        "|---|---|--:|--:|---|",
    ]
    for one in PUBLISHED:
        where = f"[{one.page}]({one.page}), `tests/{one.test}`" if one.page else "above"
        held = one.callsim or ", ".join(f"`{case}`" for case in one.cases)
        lines.append(f"| {one.source} | {one.figure} | {one.published} | {held} | {where} |")
    return "\n".join(lines) + "\n"
