# SPDX-License-Identifier: Apache-2.0
"""A display's token reads how it is now at its places, and nothing else."""

import pytest

from privcv_collector.api.now_content import room_of
from privcv_collector.clock import now_utc
from privcv_collector.devices.administration import issue_access_token
from privcv_collector.errors import CollectorError
from privcv_collector.queries.now_queries import Place

OPEN = {"/healthz", "/metrics", "/v1/page-session"}  # to all, and they name nobody


def display(server, *places, site="office"):
    name = f"screen{len(places)}{site}"
    return issue_access_token(server.collector.engine, name, "display", [site], places=[*places])


def get(server, token, path="/v1/display", **headers):
    return server.call("GET", path, Authorization=f"Bearer {token}", **headers)


def filled(server, release):
    for site in ("office", "depot"):
        device, start = server.enrolled(site), now_utc().replace(microsecond=0)
        window = {"window_start": start.isoformat().replace("+00:00", "Z")}
        device.send(release(1, ("left", "right"), **window))


def test_it_sees_its_places_and_no_other(server, release):
    filled(server, release)
    (site,) = get(server, display(server, "lobby/left")).content["sites"]
    assert (site["site"], [one["place"] for one in site["places"]]) == ("office", ["left"])
    assert site["places"][0]["device"] == ""
    (site,) = get(server, display(server)).content["sites"]
    assert [one["place"] for one in site["places"]] == ["left", "right"]


def test_it_reads_nothing_else(sqlite_server):
    token, seen = display(sqlite_server), set()
    for path, methods in sqlite_server.app.openapi()["paths"].items():
        if "get" in methods and "{" not in path and path != "/v1/events":
            needed = f"{path}?site=office&unit=hour&device={'0' * 32}"
            if get(sqlite_server, token, needed).status != 403:
                seen.add(path)
    assert seen == {"/v1/display", *OPEN}
    viewer = sqlite_server.token("viewer", "office")
    assert get(sqlite_server, viewer).status == 403


def test_what_it_does_not_show_changes_no_tag(server, release):
    filled(server, release)
    token = display(server, "lobby/left")
    tag = get(server, token).headers["ETag"]
    start = now_utc().replace(microsecond=0).isoformat().replace("+00:00", "Z")
    server.enrolled("depot").send(release(1, ("left",), window_start=start))
    server.enrolled("office").send(release(1, ("attic",), window_start=start))
    assert get(server, token, If_None_Match=tag).status == 304


def test_a_screen_stays_signed_in_longer_than_a_person(sqlite_server):
    token = display(sqlite_server)
    said = sqlite_server.call("POST", "/v1/page-session", {"token": token})
    assert said.content == {"role": "display", "sites": ["office"], "sums": False}
    assert f"Max-Age={400 * 86400}" in said.headers["Set-Cookie"]


@pytest.mark.parametrize(
    ("role", "sites", "places"),
    [("display", [], []), ("display", ["office", "depot"], []), ("viewer", [], ["lobby/left"])],
)
def test_a_token_that_would_show_more_is_refused(sqlite_server, role, sites, places):
    with pytest.raises(CollectorError, match="display"):
        issue_access_token(sqlite_server.collector.engine, "n", role, sites, places=places)
    wanted = {"name": "n", "role": role, "sites": sites, "places": places}
    bearer = f"Bearer {sqlite_server.token('admin')}"
    answer = sqlite_server.call("POST", "/v1/access-tokens", wanted, Authorization=bearer)
    assert answer.status == 422
    assert "display" in answer.content["message"]


def test_an_administrator_makes_one(sqlite_server):
    wanted = {"name": "n", "role": "display", "sites": ["office"], "places": ["lobby/left"]}
    bearer = f"Bearer {sqlite_server.token('admin')}"
    answer = sqlite_server.call("POST", "/v1/access-tokens", wanted, Authorization=bearer)
    assert get(sqlite_server, answer.content["token"]).status == 200
    listed = sqlite_server.call("GET", "/v1/access-tokens", Authorization=bearer).content
    assert [one["places"] for one in listed["access_tokens"] if one["name"] == "n"] == [
        ["lobby/left"]
    ]


@pytest.mark.parametrize(
    ("low", "value", "high", "room"),
    [
        (1, 5, 9, "surely_room"),
        (1, 5, 10, "possibly_room"),  # as many as may be in may be in already
        (5, 10, 15, "possibly_full"),
        (9.9, 20, 30, "possibly_full"),
        (10, 12, 14, "surely_full"),
    ],
)
def test_room_is_sure_only_where_the_whole_interval_says_so(low, value, high, room):
    values = {"low": low, "value": value, "high": high}
    place = Place("d", "lobby", "left", capacity=10, k=5)
    assert room_of("presence", "published", values, place) == room
    assert room_of("visitors", "published", values, place) is None  # not there at once
    assert room_of("presence", "few", values, place) == "few"
    place.k = 10
    assert room_of("presence", "few", values, place) is None
    for state in ("not_observed", "budget_spent", "nothing_arrived"):
        assert room_of("presence", state, dict.fromkeys(values), place) is None
    place.capacity = None
    assert room_of("presence", "published", values, place) is None
