# SPDX-License-Identifier: Apache-2.0
"""The JSON of a release holds what the messages state: no field more, no value beyond."""

import re
from pathlib import Path

import pytest
import rfc8785
from pydantic import ValidationError

from privcv_core.protocol.release import DwellReport, Release, StatisticReport, ZoneReport

MESSAGES = Path(__file__).parents[3] / "privcv_msgs" / "msg"
VALUES = {
    "occupancy": 0,
    "occupancy_low": 0,
    "occupancy_high": 0,
    "flow": [0] * 5,
}


def fields_of(message):
    """Names, and the lengths of arrays, as the .msg file declares them."""
    if not MESSAGES.is_dir():
        pytest.skip("the sources of privcv_msgs are not beside this package")
    text = (MESSAGES / f"{message}.msg").read_text()
    found = re.findall(
        r"^(?!#|uint8 [A-Z])\S+?(?:\[(?:<=)?(\d+)\])?\s+([a-z][a-z0-9_]+)\b", text, re.M
    )
    return {name: int(length) if length else None for length, name in found}


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (ZoneReport, "ZoneReport"),
        (DwellReport, "DwellReport"),
        (StatisticReport, "StatisticReport"),
    ],
)
def test_fields_are_those_of_the_message(model, name):
    stated = fields_of(name)
    assert len(stated) > 10
    # Whose camera it is stands once in the message of a release.
    assert set(model.model_fields) == {*stated, "kind", "camera"}
    schema = model.model_json_schema()["properties"]
    for field, length in stated.items():
        if length:
            assert (schema[field]["minItems"], schema[field]["maxItems"]) == (length, length)


def test_a_release_has_the_fields_and_bounds_of_the_message():
    stated = fields_of("ZoneReports")
    # The mac says who published it; it is of the message and not of what was released.
    assert set(Release.model_fields) == set(stated) - {"mac", "camera"}
    schema = Release.model_json_schema()["properties"]
    assert schema["zones"]["maxItems"] == stated["zones"] == 64
    assert schema["dwell"]["maxItems"] == stated["dwell"] == 64
    assert schema["statistics"]["maxItems"] == stated["statistics"] == 80


@pytest.mark.parametrize("name", ["STATUS", "REASON", "UNIT", "MECHANISM"])
def test_words_are_the_constants_of_the_message(name):
    fields_of("ZoneReport")  # skips without the sources
    text = (MESSAGES / "ZoneReport.msg").read_text()
    words = {word.lower() for word in re.findall(rf"^uint8 {name}_([A-Z_]+)=", text, re.M)}
    field = ZoneReport.model_json_schema()["properties"][name.lower()]
    assert set(field["enum"]) == words


@pytest.mark.parametrize("name", ["STATISTIC", "PERIOD"])
def test_words_of_statistics_are_the_constants_of_their_message(name):
    fields_of("StatisticReport")
    text = (MESSAGES / "StatisticReport.msg").read_text()
    words = {word.lower() for word in re.findall(rf"^uint8 {name}_([A-Z_]+)=", text, re.M)}
    field = StatisticReport.model_json_schema()["properties"][name.lower()]
    assert set(field["enum"]) == words


@pytest.mark.parametrize(
    "change",
    [
        {"id": 17},
        {"camera": "Lobby"},
        {"camera": "a" * 64},
        {"zone": "a\n"},
        {"zone": "=1+1"},
        {"window_s": 0},
        {"window_s": 2**32},
        {"window_s": 60.5},
        {"window_s": True},
        {"occupancy": -1, "flow": [-1, 0, 0, 0, 0]},
        {"occupancy": 2**31},
        {"occupancy": "12"},
        {"occupancy_low": 16},
        {"flow": [12, 0, 0, 0]},
        {"flow": [12, 0, 0, 0, 1]},
        {"confidence": 1.01},
        {"confidence": float("nan")},
        {"coverage": -0.01},
        {"epsilon": float("inf")},
        {"epsilon": -1},
        {"delta": 2},
        {"status": "suppressed"},
        {"reason": "budget"},
        {"status": "suppressed", "reason": "budget"},
        {"status": "suppressed", "reason": "budget", **VALUES, "occupancy_high": 3},
        {"unit": "person"},
        {"mechanism": "uniform"},
        {"kind": "dwell"},
        {"window_start": "2026-01-31T08:00:00"},
        {"window_start": "2026-01-31T08:00:00+01:00"},
        {"window_start": "2026-01-31T08:00:00.5Z"},
        {"window_start": "2026-02-30T08:00:00Z"},
        {"window_start": 1769846400},
    ],
)
def test_what_the_message_cannot_say_is_refused(release, change):
    report = {**release(1)["zones"][0], **change}
    with pytest.raises(ValidationError):
        ZoneReport.model_validate(report)


def test_a_suppressed_report_has_no_values(release):
    report = {**release(1)["zones"][0], "status": "suppressed", "reason": "below_k", **VALUES}
    assert ZoneReport.model_validate(report).model_dump(mode="json") == report


def test_a_release_comes_back_as_it_was(release):
    content = release(3, ("desk", "floor"))
    assert Release.model_validate(content).content() == content


PRESENCE = {
    "kind": "statistic", "statistic": "presence", "camera": "lobby", "place": "desk",
    "period": "window", "start": "2026-01-31T08:00:00Z", "length_s": 300, "status": "published",
    "reason": "none", "value": 2500, "low": 1000, "high": 4100, "confidence": 0.9,
    "area_m2": 12.5, "coverage": 1.0, "epsilon": 0.1875, "delta": 0.0, "unit": "visit",
    "mechanism": "laplace",
}  # fmt: skip


def test_a_statistic_comes_back_as_it_was_and_knows_its_density():
    report = StatisticReport.model_validate(PRESENCE)
    assert report.model_dump(mode="json") == PRESENCE
    assert report.density_per_m2 == pytest.approx(2.5 / 12.5)
    for change in ({"area_m2": 0.0}, {"statistic": "entries"}):
        assert StatisticReport.model_validate(PRESENCE | change).density_per_m2 is None
    hidden = {"status": "suppressed", "reason": "below_k", "value": 0, "low": 0, "high": 0}
    assert StatisticReport.model_validate(PRESENCE | hidden).density_per_m2 is None


@pytest.mark.parametrize(
    "change",
    [
        {"statistic": "faces"},
        {"period": "year"},
        {"camera": " "},
        {"place": ""},
        {"place": "Desk"},
        {"length_s": 0},
        {"value": -1},
        {"value": 2.5},
        {"value": 2**31},
        {"low": 4200},
        {"area_m2": -1.0},
        {"area_m2": float("inf")},
        {"status": "suppressed", "reason": "budget"},
        {"reason": "budget"},
        {"id": 17},
    ],
)
def test_a_statistic_that_the_message_cannot_say_is_refused(change):
    with pytest.raises(ValidationError):
        StatisticReport.model_validate(PRESENCE | change)


def test_a_sum_over_several_cameras_names_none():
    assert StatisticReport.model_validate(PRESENCE | {"camera": ""}).camera == ""


def test_a_release_without_statistics_has_the_bytes_of_before_there_were_any(release):
    content = release(3)
    assert "statistics" not in content
    assert Release.model_validate(content).canonical() == rfc8785.dumps(content)
    with_one = {**content, "statistics": [PRESENCE]}
    assert Release.model_validate(with_one).canonical() == rfc8785.dumps(with_one)


def test_a_statistic_is_given_once(release):
    later = PRESENCE | {"length_s": 600}  # such as visits begun so far, told twice in a day
    Release.model_validate({**release(1), "statistics": [PRESENCE, later]})
    for reports in ([PRESENCE, PRESENCE], [PRESENCE] * 81):
        with pytest.raises(ValidationError, match="statistic"):
            Release.model_validate({**release(1), "statistics": reports})


def test_flow_that_is_not_released_is_nothing(release):
    report = {**release(1)["zones"][0], "flow": [0] * 5}
    assert ZoneReport.model_validate(report).flow == [0] * 5
