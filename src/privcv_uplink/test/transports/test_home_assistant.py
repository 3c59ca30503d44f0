# SPDX-License-Identifier: Apache-2.0
"""Home Assistant's discovery: what becomes part of a template, and what a template makes of it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from privcv_core.protocol.canonical_json import canonical
from privcv_core.protocol.errors import ReleaseError
from privcv_core.protocol.release import read_release
from privcv_uplink.errors import UplinkError
from privcv_uplink.transports.home_assistant import discovery_payload, zones_in

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


def template(zones: set[tuple[str, str]], name: str = "lobby_desk") -> str:
    content = discovery_payload(DEVICE, zones, "privcv")["components"][name]
    return str(content["value_template"])


@pytest.mark.parametrize("name", FORGED)
@pytest.mark.parametrize("field", ["camera", "zone"])
def test_a_name_that_is_none_becomes_part_of_no_template(
    release: Make, name: str, field: str
) -> None:
    """Whatever wrote it into the outbox: the others of the batch are announced, this one is not."""
    forged = release(2)
    forged["zones"][0][field] = name
    envelope = json.dumps({"body": {"releases": [release(1), forged]}}).encode()
    assert zones_in(envelope) == {("lobby", "desk")}
    pair = (name, "desk") if field == "camera" else ("lobby", name)
    with pytest.raises(UplinkError, match="is not a camera and a zone"):
        discovery_payload(DEVICE, {pair}, "privcv")
    with pytest.raises(ReleaseError):  # nor is it taken for the outbox
        read_release(canonical(forged))


@pytest.mark.parametrize("value", [None, 7, ["lobby"], {"a": 1}])
def test_what_is_no_text_is_no_name(release: Make, value: object) -> None:
    forged = release(2)
    forged["zones"][0]["camera"] = value
    del forged["zones"][0]["zone"]
    assert zones_in(json.dumps({"body": {"releases": [forged]}}).encode()) == set()


@pytest.mark.parametrize("device", ["0" * 31, "0" * 31 + "\n", "+" + "0" * 31, "0" * 31 + "'"])
def test_a_device_whose_id_is_none_is_not_announced(device: str) -> None:
    with pytest.raises(UplinkError, match="32 hexadecimal digits"):
        discovery_payload(device, {("lobby", "desk")}, "privcv")


def test_a_template_holds_nothing_of_a_batch_but_names() -> None:
    text = template({("lobby", "desk")})
    assert text.count("'lobby'") == text.count("'desk'") == 1
    assert text.replace("'lobby'", "'roof'").replace("'desk'", "'door'") == template(
        {("roof", "door")}, "roof_door"
    )


@pytest.fixture
def render() -> Callable[..., str]:
    """``render(batch)``: what the sensor of the desk shows, where it showed 9."""
    jinja2 = pytest.importorskip("jinja2", reason="Home Assistant's template language is absent")
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    parsed = environment.from_string(template({("lobby", "desk")}))
    return lambda batch: str(parsed.render(value_json=batch, this={"state": "9"}))


def test_the_sensor_shows_the_newest_published_report(render: Make, release: Make) -> None:
    batch = {
        "device": DEVICE,
        "body": {
            "releases": [
                release(4),
                release(5),
                release(6, zone="door"),
                release(7, status="suppressed", occupancy=0),
            ]
        },
    }
    assert render(batch) == "5"
    del batch["body"]["releases"][:2]  # type: ignore[index]
    assert render(batch) == "9"


@pytest.mark.parametrize(
    ("occupancy", "shown"),
    [(-5, "0"), (10**12, str(2**31 - 1)), ("7; DROP", "0"), ("{{ 7 * 7 }}", "0"), (None, "0")],
)
def test_the_sensor_shows_a_number_within_bounds_whoever_published(
    render: Make, release: Make, occupancy: object, shown: str
) -> None:
    forged = release(5)
    forged["zones"][0]["occupancy"] = occupancy
    assert render({"device": DEVICE, "body": {"releases": [forged]}}) == shown
    assert render({"device": "1" * 32, "body": {"releases": [forged]}}) == "9"
