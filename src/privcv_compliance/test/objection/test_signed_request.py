# SPDX-License-Identifier: Apache-2.0
"""A request from a broker is believed once, at once, and only from who is trusted."""

import json
from datetime import datetime, timedelta, timezone

import pytest
from compliance_site import NOW

from privcv_compliance.errors import ComplianceError
from privcv_compliance.objection.signed_request import FRESH_S, RequestReader, sign_request
from privcv_core.protocol.signing import SigningKey

DESK, STRANGER = SigningKey.generate(), SigningKey.generate()


class Clock:
    now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def reader(clock: Clock) -> RequestReader:
    return RequestReader("library", [DESK.public], clock)


def asked(key: SigningKey = DESK, site: str = "library", minutes: int = 5) -> bytes:
    return sign_request(site, ["lobby"], minutes, key, NOW)


def test_a_trusted_request_is_believed_once(reader: RequestReader) -> None:
    message = asked()
    request = reader.read(message)
    assert (request.cameras, request.minutes) == (["lobby"], 5)
    with pytest.raises(ComplianceError, match="said before"):
        reader.read(message)
    reader.read(asked())  # another one, however like it


@pytest.mark.parametrize("passed_s", [-FRESH_S - 1, FRESH_S + 1, 86_400])
def test_what_was_held_back_is_not_believed(
    reader: RequestReader, clock: Clock, passed_s: int
) -> None:
    clock.now = NOW + timedelta(seconds=passed_s)
    with pytest.raises(ComplianceError, match="set the clocks"):
        reader.read(asked())


def test_a_replay_is_refused_for_as_long_as_its_time_would_do(
    reader: RequestReader, clock: Clock
) -> None:
    message = asked()
    clock.now = NOW - timedelta(seconds=FRESH_S)  # the device's clock is behind
    reader.read(message)
    for passed_s in range(-FRESH_S, 2 * FRESH_S, 7):
        clock.now = NOW + timedelta(seconds=passed_s)
        with pytest.raises(ComplianceError):
            reader.read(message)


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (asked(STRANGER), "nobody trusted"),
        (asked(site="museum"), "another site"),
        (asked(minutes=121), "is none"),
        (b"", "is none"),
        (b"paused", "is none"),
        (b"[]", "is none"),
        (b'{"request": {}, "signature": ""}', "nobody trusted"),
        (b'{"request": ' + b"[" * 3000, "is none"),
        (b" " * 5000, "too long"),
    ],
)
def test_what_nobody_trusted_asked_for_is_refused(
    reader: RequestReader, message: bytes, why: str
) -> None:
    with pytest.raises(ComplianceError, match=why):
        reader.read(message)


@pytest.mark.parametrize("name", ["site", "cameras", "minutes", "time", "nonce"])
def test_nothing_of_it_can_be_changed(reader: RequestReader, name: str) -> None:
    document = json.loads(asked())
    other = {"cameras": [], "minutes": 120, "time": "2026-11-20T12:00:01Z", "nonce": "0" * 32}
    document["request"][name] = other.get(name, "other")
    with pytest.raises(ComplianceError, match="nobody trusted"):
        reader.read(json.dumps(document).encode())


def test_a_time_zone_is_part_of_a_time() -> None:
    east = NOW.astimezone(timezone(timedelta(hours=9)))
    message = sign_request("library", [], 5, DESK, east)
    RequestReader("library", [DESK.public], lambda: NOW).read(message)
