# SPDX-License-Identifier: Apache-2.0
"""Parquet says what CSV says; where pyarrow is not installed, that, and what to do."""

import csv
import http.client
import io
from datetime import datetime, timezone
from urllib.parse import urlsplit

import pytest
from releases import make_release, statistic_release, statistic_report, suppressed

from privcv_collector.api import parquet

START = datetime(2026, 3, 30, 8, tzinfo=timezone.utc)
PATHS = ["periods.{}?site=office&unit=hour", "totals.{}", "dwell.{}"]


@pytest.fixture
def filled(sqlite_server):
    device = sqlite_server.enrolled()
    hour = {"period": "hour", "length_s": 3600}
    first = make_release(1)
    about = {name: first["zones"][0][name] for name in
             ("camera", "zone", "status", "reason", "confidence", "coverage", "epsilon", "delta",
              "unit", "mechanism")}  # fmt: skip
    stay = {**about, "kind": "dwell", "period_start": "2026-03-30T08:00:00Z", "period_s": 3600}
    stay |= {"visits": [11, 22, 33], "visits_low": [9, 18, 27], "visits_high": [13, 26, 39]}
    first["dwell"] = [stay]
    told = [statistic_report(START, **hour), statistic_report(START, place="right", **hour,
            **suppressed("budget"))]  # fmt: skip
    assert device.send(first, statistic_release(2, *told)).status == 200
    return sqlite_server


def raw(server, path):
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=30)
    token = server.token("viewer")
    connection.request("GET", f"/v1/{path}", headers={"Authorization": f"Bearer {token}"})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer, content


@pytest.mark.parametrize("path", PATHS)
def test_parquet_says_what_csv_says(filled, path):
    read = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    answer, content = raw(filled, path.format("parquet"))
    assert answer.headers["Content-Type"] == parquet.MEDIA_TYPE
    table = read.read_table(io.BytesIO(content))
    rows = list(csv.DictReader(io.StringIO(filled.read("/v1/" + path.format("csv"), "viewer"))))
    assert rows
    assert table.column_names == list(rows[0])
    for told, row in zip(table.to_pylist(), rows, strict=True):
        for name, text in row.items():
            value = told[name]
            if isinstance(value, datetime):
                assert value == datetime.fromisoformat(text.replace("Z", "+00:00"))
            elif isinstance(value, (int, float)):
                assert value == float(text), name
            else:
                assert (value or "") == text, name


@pytest.mark.parametrize("path", PATHS)
def test_without_pyarrow_it_says_what_to_do(filled, path, monkeypatch):
    monkeypatch.setattr(parquet, "can_write_parquet", lambda: False)
    answer, content = raw(filled, path.format("parquet"))
    assert answer.status == 501
    assert b"pip install pyarrow" in content
