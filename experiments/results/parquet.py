"""Columns as Parquet files, written as the runs come in: never all of them in memory.

The schemas are fixed, rows are sorted by what they say, and nothing in a file tells when or where it was written, so
the same runs give the same bytes. Importing this module imports pyarrow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from simulator.outcomes import Outcome
from simulator.results import Columns

_NAME = pa.dictionary(pa.int32(), pa.string())
_RUN = [("variant", _NAME), ("point", _NAME), ("replication", pa.int32())]
_FACT = pa.float64()
_COUNT = pa.int32()

RUNS = pa.schema([*_RUN, ("phase", _NAME), ("operation", _NAME), ("metric", _NAME), ("value", _FACT), ("of", _FACT)])
TIMELINE = pa.schema([*_RUN, ("operation", _NAME), ("metric", _NAME), ("time", _FACT), ("value", _FACT)])
DISTRIBUTIONS = pa.schema([*_RUN, ("operation", _NAME), ("measure", _NAME), ("survival", _FACT), ("value", _FACT)])
BREAKER_STATES = pa.schema([*_RUN, ("operation", _NAME), ("time", _FACT), ("state", _NAME)])
PILOTS = pa.schema(
    [*_RUN, ("operation", _NAME), ("measure", _NAME), ("time", _FACT), ("value", _FACT), ("statistic", _FACT)]
)
REQUESTS = pa.schema(
    [*_RUN, ("operation", _NAME), ("request", pa.int64())]
    + [("arrived", _FACT), ("answered", _FACT), ("outcome", _NAME), ("reason", _NAME)]
    + [("state", _NAME), ("completed", _FACT)]
    + [(name, _COUNT) for name in ("calls", "retries", "timeouts", "rejected")]
    + [(name, _COUNT) for name in ("duplicates", "lost", "dead_lettered", "stuck")]
    + [("staleness", _FACT)]
)

SCHEMAS: Mapping[str, pa.Schema] = MappingProxyType(
    {
        "runs": RUNS,
        "timeline": TIMELINE,
        "distributions": DISTRIBUTIONS,
        "breaker_states": BREAKER_STATES,
        "requests": REQUESTS,
        "pilots": PILOTS,
    }
)
"""Name of a Parquet file (without its ending) and its columns; ``docs/results.md`` says what they mean."""

_ORDER = {
    "runs": ["phase", "operation", "metric"],
    "timeline": ["operation", "metric", "time"],
    "distributions": ["operation", "measure", "survival"],
    "breaker_states": ["operation", "time"],
    "requests": ["operation", "request"],
    "pilots": ["operation", "measure", "time"],
}


def table_of(name: str, variant: str, point: str, replication: int, columns: Columns) -> pa.Table:
    """Return one run's rows for the file ``name``, in the file's order.

    Columns may be lists or numpy arrays. Outcomes may be their numbers. Rows that are equal in all the sorting columns
    stay in the order in which they came.

    Raises:
        KeyError: a column of the schema is missing.
    """
    schema = SCHEMAS[name]
    own = [field for field in schema if field.name not in ("variant", "point", "replication")]
    arrays = {field.name: _array(field, columns[field.name]) for field in own}
    size = len(arrays[own[0].name])
    order = _positions(arrays, _ORDER[name])
    if order is not None:
        arrays = {key: array.take(order) for key, array in arrays.items()}
    arrays |= {"variant": _repeated(variant, size), "point": _repeated(point, size)}
    arrays["replication"] = pa.array(np.full(size, replication, dtype=np.int32))
    return pa.table([arrays[field.name] for field in schema], schema=schema)


def _array(field: pa.Field, values: Sequence[Any]) -> pa.Array:
    if pa.types.is_dictionary(field.type):
        return _dictionary(field.name, values)
    kind = field.type.to_pandas_dtype()
    return pa.array(np.asarray(values, dtype=kind), field.type)


def _dictionary(name: str, values: Any) -> pa.DictionaryArray:
    """Encode names; numbers are outcomes. The dictionary is sorted, so that positions in it sort as the names do."""
    if name == "outcome" and not (len(values) and isinstance(values[0], str)):
        labels = [outcome.label for outcome in Outcome]
        return _sorted_dictionary(np.asarray(values, dtype=np.int32), labels)
    names = values.tolist() if isinstance(values, np.ndarray) else list(values)
    if names and names.count(names[0]) == len(names):
        return _repeated(names[0], len(names))
    encoded = pa.array(names, pa.string()).dictionary_encode()
    return _sorted_dictionary(np.asarray(encoded.indices, dtype=np.int32), encoded.dictionary.to_pylist())


def _sorted_dictionary(codes: np.ndarray[Any, np.dtype[np.int32]], labels: list[str]) -> pa.DictionaryArray:
    ordered = sorted(labels)
    place = np.array([ordered.index(label) for label in labels], dtype=np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(place[codes] if labels else codes), pa.array(ordered, pa.string()))


def _positions(arrays: Mapping[str, pa.Array], keys: Sequence[str]) -> pa.Array | None:
    """Return where the rows go in a stable sort by ``keys``, or None if they are in order already."""
    columns = [arrays[key] for key in keys]
    numbers = [np.asarray(column.indices if pa.types.is_dictionary(column.type) else column) for column in columns]
    order = np.lexsort(numbers[::-1])
    return None if np.array_equal(order, np.arange(len(order))) else pa.array(order)


def _repeated(name: str, size: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(size, dtype=np.int32)), pa.array([name], pa.string()))


class ParquetStream:
    """A file that takes tables one after the other; each becomes one row group. Use it as a context manager."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        # Dictionaries for measured times and statistics nobody filters by took three quarters of the writing time.
        repeating = [field.name for field in schema if not pa.types.is_floating(field.type) and field.name != "request"]
        self._writer = pq.ParquetWriter(path, schema, use_dictionary=repeating, write_statistics=False)

    def write(self, tables: Sequence[pa.Table]) -> None:
        """Write the rows of the tables, together, as one row group. No rows leave no group."""
        rows = pa.concat_tables(tables) if tables else None
        if rows is not None and rows.num_rows:
            self._writer.write_table(rows.unify_dictionaries(), row_group_size=rows.num_rows)

    def __enter__(self) -> ParquetStream:
        return self

    def __exit__(self, *error: object) -> None:
        self._writer.close()


def row_groups(path: Path) -> Iterator[pa.Table]:
    """Yield a file's row groups, one in memory at a time."""
    with pq.ParquetFile(path) as file:
        for index in range(file.num_row_groups):
            yield file.read_row_group(index)
