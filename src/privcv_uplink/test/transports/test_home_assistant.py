# SPDX-License-Identifier: Apache-2.0
"""Home Assistant's discovery: what becomes part of a template, and what a template makes of it."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from privcv_core.protocol.canonical_json import canonical
from privcv_core.protocol.errors import ReleaseError
from privcv_core.protocol.release import read_release
from privcv_uplink.errors import UplinkError
from privcv_uplink.transports.home_assistant import discovery_payload, zone_states, zones_in

Make = Callable[..., Any]
DEVICE = "0" * 32
FORGED = [
    "lobby') | list %}{{ states('lock.front_door') }}{% set x = ('",
    "lobby'",
    "{{ 7 * 7 }}",
    "lobby\n",
    "lobby/#",
    "+",
    "Lobby",
    "l\u03bfbby",
    "",
    "a" * 64,
]


NOW = datetime(2026, 1, 31, 8, 2, tzinfo=timezone.utc)


def component(zones: dict[tuple[str, str], int], name: str = "lobby_desk") -> dict[str, Any]:
    content: dict[str, Any] = json.loads(discovery_payload(DEVICE, zones, "privcv"))
    found: dict[str, Any] = content["components"][name]
    return found


def envelope_of(*releases: dict[str, Any]) -> bytes:
    return json.dumps({"device": DEVICE, "body": {"releases": releases}}).encode()


def shown_of(*releases: dict[str, Any], now: datetime = NOW) -> dict[str, Any]:
    """What is published for each topic."""
    return {
        state.topic: json.loads(state.payload) for state in zone_states(envelope_of(*releases), now)
    }


@pytest.mark.parametrize("name", FORGED)
@pytest.mark.parametrize("field", ["camera", "zone"])
def test_a_name_that_is_none_becomes_part_of_no_template(
    release: Make, name: str, field: str
) -> None:
    """Whatever wrote it into the outbox: the others of the batch are announced, this one is not."""
    forged = release(2)
    forged["zones"][0][field] = name
    envelope = envelope_of(release(1), forged)
    assert zones_in(envelope) == {("lobby", "desk"): 60}
    assert [state.topic for state in zone_states(envelope, NOW)] == ["zones/lobby/desk"]
    pair = (name, "desk") if field == "camera" else ("lobby", name)
    with pytest.raises(UplinkError, match="is not a camera and a zone"):
        discovery_payload(DEVICE, {pair: 60}, "privcv")
    with pytest.raises(ReleaseError):  # nor is it taken for the outbox
        read_release(canonical(forged))


@pytest.mark.parametrize("value", [None, 7, ["lobby"], {"a": 1}])
def test_what_is_no_text_is_no_name(release: Make, value: object) -> None:
    forged = release(2)
    forged["zones"][0]["camera"] = value
    del forged["zones"][0]["zone"]
    assert zones_in(envelope_of(forged)) == {}
    assert zone_states(envelope_of(forged), NOW) == []


@pytest.mark.parametrize("device", ["0" * 31, "0" * 31 + "\n", "+" + "0" * 31, "0" * 31 + "'"])
def test_a_device_whose_id_is_none_is_not_announced(device: str) -> None:
    with pytest.raises(UplinkError, match="32 hexadecimal digits"):
        discovery_payload(device, {("lobby", "desk"): 60}, "privcv")


def test_templates_are_the_same_for_all_zones() -> None:
    one, other = component({("lobby", "desk"): 60}), component({("roof", "door"): 900}, "roof_door")
    for template in ("value_template", "json_attributes_template"):
        assert one[template] == other[template]
    assert (one["expire_after"], other["expire_after"]) == (180, 2700)
    assert (
        one["state_topic"] == one["json_attributes_topic"] == (f"privcv/{DEVICE}/zones/lobby/desk")
    )


@pytest.fixture
def render() -> Callable[..., tuple[str, dict[str, Any]]]:
    """``render(payload)``: the sensor's new state, and its attributes."""
    jinja2 = pytest.importorskip("jinja2", reason="Home Assistant's template language is absent")
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    content = component({("lobby", "desk"): 60})
    value = environment.from_string(content["value_template"])
    attributes = environment.from_string(content["json_attributes_template"])
    return lambda payload: (
        str(value.render(value_json=payload)),
        json.loads(attributes.render(value_json=payload)),
    )


def test_the_sensor_shows_the_newest_report_and_its_interval(render: Make, release: Make) -> None:
    shown = shown_of(release(4), release(5), release(6, zone="door"), release(7, camera="roof"))
    assert set(shown) == {"zones/lobby/desk", "zones/lobby/door", "zones/roof/desk"}
    state, attributes = render(shown["zones/lobby/desk"])
    assert state == "5"
    assert attributes == {
        "low": 0,
        "high": 8,
        "confidence": 0.9,
        "coverage": 1,
        "reason": "none",
        "window_s": 60,
    }


@pytest.mark.parametrize("before", [True, False])
def test_while_a_zone_is_suppressed_its_state_is_unknown_and_the_reason_is_shown(
    render: Make, release: Make, before: bool
) -> None:
    """'None' is how Home Assistant's sensor is told so; a first report like any other."""
    nothing = {"occupancy": 0, "occupancy_low": 0, "occupancy_high": 0, "flow": [0] * 5}
    suppressed = release(7, status="suppressed", reason="below_k", coverage=0.5, **nothing)
    state, attributes = render(
        shown_of(*([release(5)] if before else []), suppressed)["zones/lobby/desk"]
    )
    assert state == "None"
    assert (attributes["low"], attributes["high"]) == (None, None)
    assert (attributes["reason"], attributes["coverage"]) == ("below_k", 0.5)


def test_what_is_no_longer_so_is_not_shown(release: Make) -> None:
    """A report is kept for three windows after its own, by the broker too."""
    end = datetime(2026, 1, 31, 8, 1, tzinfo=timezone.utc)
    for late_s, kept_s in ((0, 180), (100, 80), (178, 2)):
        (state,) = zone_states(envelope_of(release(1)), end + timedelta(seconds=late_s))
        assert state.expires_s == kept_s
    assert zone_states(envelope_of(release(1)), end + timedelta(seconds=180)) == []
    assert zone_states(envelope_of(release(1)), end + timedelta(days=40)) == []


@pytest.mark.parametrize(
    "people",
    [-5, 10**12, 4.5, True, "7", "7; DROP", "{{ 7 * 7 }}", None, [7], {"a": 7}],
    ids=str,
)
def test_the_sensor_shows_a_number_within_bounds_or_none_whoever_published(
    render: Make, people: object
) -> None:
    """A text for a number would be an exception in Home Assistant each time."""
    forged = {
        "people": people,
        "low": people,
        "high": 3,
        "confidence": people,
        "coverage": 7,
        "reason": "<script>",
        "window_s": 10**12,
        "entity_picture": "https://example.org/x.png",
    }
    state, attributes = render(forged)
    assert state == "None"
    assert attributes == {
        "low": None,
        "high": 3,
        "confidence": True if people is True else None,
        "coverage": None,
        "reason": None,
        "window_s": None,
    }
