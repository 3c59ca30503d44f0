# SPDX-License-Identifier: Apache-2.0
"""Site records: one spelling, bounded, and labels that hide nothing."""

import json
import unicodedata

import pytest
from pydantic import TypeAdapter, ValidationError
from site_records import make_site_record

from privcv_core.protocol.errors import SiteRecordError
from privcv_core.protocol.site_record import MOST_BYTES, read_site_record
from privcv_core.settings.label import Label

LABEL = TypeAdapter(Label)


def test_what_is_written_is_what_is_read() -> None:
    record = make_site_record()
    spelled = record.canonical()
    assert read_site_record(spelled) == record
    # Canonical JSON sorts members and has no white space (RFC 8785): the standard encoder's form.
    loaded = json.loads(spelled)
    assert json.dumps(loaded, sort_keys=True, separators=(",", ":")).encode() == spelled
    assert loaded["cameras"][0]["zones"][0]["capacity"] == 30
    assert loaded["holidays"] == ["2026-12-25"]


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '=HYPERLINK("http://evil")',
        "'; DROP TABLE sites; --",
        "Café · Grüße · 入口 · مدخل",
        "{{ 7 * 7 }} ${7*7} %n",
    ],
)
def test_a_label_is_any_text_and_stays_text(text: str) -> None:
    assert LABEL.validate_python(text) == text


@pytest.mark.parametrize(
    "hidden",
    [
        "\x00", "\x1b[2J", "\n", "\r", "\x85", "\u2028", "\u202e", "\u2066", "\u200b", "\ufeff",
        "\ud800", "\ue000", "\u0378",
    ],
    ids=ascii,
)  # fmt: skip
def test_a_label_hides_nothing(hidden: str) -> None:
    with pytest.raises(ValidationError):
        LABEL.validate_python(f"door{hidden}")


def test_a_label_has_one_spelling_and_is_short() -> None:
    decomposed = unicodedata.normalize("NFD", "Café")
    assert decomposed != "Café"
    assert LABEL.validate_python(decomposed) == "Café"
    assert LABEL.validate_python("x" * 64) == "x" * 64
    with pytest.raises(ValidationError):
        LABEL.validate_python("x" * 65)
    with pytest.raises(ValidationError, match="NFC"):  # U+0958 is longer once it is composed
        LABEL.validate_python("\u0958" * 40)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"site": "Office"}, "site"),
        ({"plan_m": [5, 5, -5, 13]}, "left < right"),
        ({"plan_m": [0, 0, 1, float("inf")]}, "plan_m"),
        ({"epsilon": 0}, "epsilon"),
        ({"cameras": []}, "cameras"),
        ({"time_zone": "Europe/<b>"}, "time_zone"),
        ({"secret": 1}, "secret"),
    ],
)
def test_what_is_none_is_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        make_site_record(**changes)


def test_two_places_of_one_name_are_refused() -> None:
    camera = make_site_record().cameras[0].model_dump()
    with pytest.raises(ValidationError, match="two cameras are called 'lobby'"):
        make_site_record(cameras=[camera, camera])
    camera["zones"] = [camera["zones"][0]] * 2
    with pytest.raises(ValidationError, match="two zones are called 'left'"):
        make_site_record(cameras=[camera])


def test_a_record_that_is_too_long_is_not_sent() -> None:
    corners = [round(0.1234567 + i / 7, 7) for i in range(512)]
    zones = [{"name": f"z{index}", "polygon_m": corners, "area_m2": 1} for index in range(63)]
    record = make_site_record(cameras=[{"name": "a", "zones": zones}])
    with pytest.raises(SiteRecordError, match="fewer corners"):
        record.canonical()
    with pytest.raises(SiteRecordError, match="at most"):
        read_site_record(b" " * (MOST_BYTES + 1))
    with pytest.raises(SiteRecordError, match="JSON"):
        read_site_record(b"[" * 1000)
