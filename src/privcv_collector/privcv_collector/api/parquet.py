# SPDX-License-Identifier: Apache-2.0
"""Exports as Parquet, where pyarrow is installed: it weighs more than the whole collector."""

import tempfile
from collections.abc import Iterator, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import IO, Any

from fastapi.responses import StreamingResponse

from privcv_collector.refused import Refused
from privcv_core.protocol.timestamps import parse_rfc3339

MEDIA_TYPE = "application/vnd.apache.parquet"
RESPONSES: dict[int | str, dict[str, Any]] = {200: {"content": {MEDIA_TYPE: {}}}}
"""``responses`` of a route that answers so."""

_TIMES = frozenset({"start", "window_start", "period_start"})
_WHOLE = frozenset({"length_s", "window_s", "period_s"})
_TEXTS = frozenset({
    "site", "camera", "zone", "place", "label", "statistic", "period", "start_local", "weekday",
    "state", "status", "reason", "unit", "mechanism",
})  # fmt: skip
_IN_MEMORY = 8 << 20
_CHUNK = 1 << 16


def can_write_parquet() -> bool:
    """Whether pyarrow is installed."""
    return find_spec("pyarrow") is not None


def parquet_answer(
    label: str, columns: Sequence[str], pages: Iterator[list[list[Any]]]
) -> StreamingResponse:
    """A file of ``columns``, a row group for each of ``pages``; '' is null, times are UTC.

    Raises ``Refused`` (501) where pyarrow is missing.
    """
    if not can_write_parquet():
        raise Refused(
            501,
            "not_installed",
            "Parquet needs pyarrow beside the collector: pip install pyarrow, and start it again; "
            "CSV and JSON need nothing",
        )
    file = _written(columns, pages)

    def chunks() -> Iterator[bytes]:
        with file:
            while part := file.read(_CHUNK):
                yield part

    headers = {"Content-Disposition": f'attachment; filename="{label}.parquet"'}
    return StreamingResponse(chunks(), media_type=MEDIA_TYPE, headers=headers)


def _written(columns: Sequence[str], pages: Iterator[list[list[Any]]]) -> IO[bytes]:
    arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    schema = arrow.schema([(name, _type(arrow, name)) for name in columns])
    file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115
    with parquet.ParquetWriter(file, schema) as writer:
        for rows in pages:
            cells = ([_cell(name, row[at]) for row in rows] for at, name in enumerate(columns))
            writer.write_table(arrow.table(list(cells), schema=schema))
    file.seek(0)
    return file


def _type(arrow: Any, name: str) -> Any:
    if name in _TIMES:
        return arrow.timestamp("us", tz="UTC")
    if name in _TEXTS:
        return arrow.string()
    return arrow.int64() if name in _WHOLE else arrow.float64()


def _cell(name: str, value: Any) -> Any:
    if name in _TIMES:
        return parse_rfc3339(value)
    return None if value == "" and name not in _TEXTS else value
