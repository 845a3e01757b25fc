"""What the file may say of arrivals: traces, batches, and mistakes in the processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from experiments.language import load
from simulator.spec.arrivals import ConstantBatch, GeometricBatch, TraceArrivals
from tests.language.building import problems, read, scenario, write

BASE = """
services: {shop: {workers: 4, operations: {buy: {work: 1ms}}}}
workload: [{call: shop.buy, arrivals: ARRIVALS}]
run: {duration: 1m}
"""
TRACE = BASE.replace("ARRIVALS", "{process: trace, file: data/times.csv}")


def with_file(folder: Path, content: str, name: str = "data/times.csv") -> Path:
    write(folder, content, name)
    return folder


def trace(folder: Path, content: str) -> TraceArrivals:
    arrivals = scenario(with_file(folder, content), TRACE).experiment.workload[0].arrivals
    assert isinstance(arrivals, TraceArrivals)
    return arrivals


def test_a_trace_has_times_as_seconds_or_durations(tmp_path: Path) -> None:
    read_in = trace(tmp_path, "time\n0\n0.25\n1.5s\n\n1m30s\n")
    assert (read_in.times, read_in.given) == ((0.0, 0.25, 1.5, 90.0), ())


def test_a_trace_may_have_keys_among_other_columns(tmp_path: Path) -> None:
    read_in = trace(tmp_path, 'host, key ,time\nx,red,1\ny,"blue, dark",2\n')
    assert (read_in.times, read_in.given) == ((1.0, 2.0), ("red", "blue, dark"))


def test_the_file_is_recorded_and_the_manifest_stays_short(tmp_path: Path) -> None:
    with_file(tmp_path, "time\n" + "".join(f"{number}\n" for number in range(5000)))
    document = read(tmp_path, TRACE)
    (only,) = document.scenarios()
    assert set(document.included) == {"data/times.csv"}
    written = only.experiment.workload[0].model_dump(mode="json")["arrivals"]
    assert written["times"].startswith("5000 times, sha256 ")


@pytest.mark.parametrize(
    ("content", "place", "words"),
    [
        ("time\n1\n3\n2\n", "4", "2 lies before the arrival above it, at 3 s"),
        ("time\n1\nsoon\n", "3", "'soon' is not a duration"),
        ("time\n-1\n", "2", "a time is finite and not negative"),
        ("time\ninf\n", "2", "a time is finite and not negative"),
        ("time,key\n1,a\n2,\n", "3", "the key is missing"),
        ("key,time\na\n", "2", "the time is missing"),
        ("times,key\n1,a\n", "1", "the header needs a column 'time'"),
        ("time\n", "1", "there is no arrival"),
        ("", "1", "the header needs a column 'time'"),
    ],
)
def test_a_mistake_in_a_trace_has_its_line(tmp_path: Path, content: str, place: str, words: str) -> None:
    (only,) = problems(with_file(tmp_path, content), TRACE)
    assert only.startswith(f"{place}: workload[0].arrivals.file: ")
    assert words in only


def test_a_trace_lies_below_the_experiment(tmp_path: Path) -> None:
    (only,) = problems(tmp_path, BASE.replace("ARRIVALS", "{process: trace, file: ../times.csv}"))
    assert "must lie below the experiment file's folder" in only


def test_a_variant_may_play_another_trace(tmp_path: Path) -> None:
    with_file(tmp_path, "time\n1\n")
    with_file(tmp_path, "time\n2\n", "other.csv")
    text = TRACE + "variants: {a: {}, b: {workload.buy.arrivals.file: other.csv}}\n"
    times = [one.experiment.workload[0].arrivals for one in read(tmp_path, text).scenarios()]
    assert [entry.times for entry in times if isinstance(entry, TraceArrivals)] == [(1.0,), (2.0,)]


@pytest.mark.parametrize(
    ("arrivals", "words"),
    [
        ("{process: spike, rate: 1/s, peak: 2/s, at: 1s, for: 5s, every: 5s}", "'every' must be longer than 'for'"),
        ("{process: spike, rate: 1/s, peak: 2/s, at: 1s}", "'for' is missing"),
        ("{process: diurnal, low: 2/s, high: 1/s}", "low must not be above high"),
        ("{process: mmpp, states: [{rate: 0, for: 1s}, {rate: 0, for: 1s}]}", "at least one state needs a rate"),
        ("{process: mmpp, states: [{rate: 0, for: 1s}, {rate: 5, for: 1s}]}", "5 has no unit"),
        ("{process: trace, file: t.csv, times: [1]}", "unknown key; the file has the arrivals"),
    ],
)
def test_a_mistake_in_a_process_says_what_would_be_right(tmp_path: Path, arrivals: str, words: str) -> None:
    write(tmp_path, "time\n1\n", "t.csv")
    (only,) = problems(tmp_path, BASE.replace("ARRIVALS", arrivals))
    assert words in only


POISSON = BASE.replace("ARRIVALS", "{process: poisson, rate: 1/s}")


def test_a_number_is_a_batch_of_that_size(tmp_path: Path) -> None:
    batch = [
        scenario(tmp_path, POISSON, f"workload.buy.{change}").experiment.workload[0].batch
        for change in ("batch=8", "batch={dist: geometric, mean: 2.5}")
    ]
    assert batch == [ConstantBatch(size=8), GeometricBatch(mean=2.5)]


def test_a_path_leads_into_a_batch_that_is_a_number(tmp_path: Path) -> None:
    text = POISSON.replace("rate: 1/s}", "rate: 1/s}, batch: 4")
    assert scenario(tmp_path, text, "workload.buy.batch.size=9").experiment.workload[0].batch == ConstantBatch(size=9)


@pytest.mark.parametrize(
    ("batch", "words"),
    [
        ("0", "must be at least 1"),
        ("2.5", "must be a whole number"),
        ("{dist: geometric, mean: 0.5}", "must be at least 1"),
        ("{mean: 4}", "'dist' is missing"),
        ("{dist: poisson, mean: 4}", "must be one of constant, geometric"),
    ],
)
def test_a_mistake_in_a_batch_says_what_would_be_right(tmp_path: Path, batch: str, words: str) -> None:
    (only,) = problems(tmp_path, POISSON.replace("rate: 1/s}", f"rate: 1/s}}, batch: {batch}"))
    assert words in only


def test_closed_users_and_keys_of_a_trace_have_no_batches(tmp_path: Path) -> None:
    closed = BASE.replace("ARRIVALS", "{process: closed, users: 2, think: 1s}, batch: 2")
    assert "closed users ask one at a time" in problems(tmp_path, closed)[0]
    with_file(tmp_path, "time,key\n1,a\n")
    assert "the trace names a key for each arrival" in problems(tmp_path, TRACE.replace("csv}", "csv}, batch: 2"))[0]
    with_file(tmp_path, "time\n1\n")
    assert load(write(tmp_path, TRACE.replace("csv}", "csv}, batch: 2"))).scenarios()
