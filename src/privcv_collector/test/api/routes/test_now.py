# SPDX-License-Identifier: Apache-2.0
"""How it is now: each zone and line in one of five states, and never an old count as a new one."""

import csv
import io
from datetime import datetime, timedelta, timezone

import pytest
from releases import make_release, statistic_release, statistic_report, suppressed
from site_records import make_site_record

from privcv_collector.api.routes import now as now_route
from privcv_core.protocol.timestamps import rfc3339_whole

RELEASE = ["visitors", "presence", "entries"]


@pytest.fixture
def clock(monkeypatch):
    """A clock of the route that a test sets: ``clock(seconds)`` after the start of the windows."""
    start = datetime.now(timezone.utc).replace(microsecond=0) - timedelta(hours=3)

    def at(seconds):
        monkeypatch.setattr(now_route, "now_utc", lambda: start + timedelta(seconds=seconds))
        return start

    return at


def send_record(device, version=1, **changes):
    content = make_site_record(release=RELEASE, **changes).content()
    raw = device.sealed({"site_record": {"content": content, "version": version}}, 0)
    assert device.post(raw, "/v1/site-records").status == 200


def visitors(sequence, start, zone, **values):
    return make_release(
        sequence, (zone,), window_start=rfc3339_whole(start), window_s=300, **values
    )


def states(server, path="/v1/now"):
    (site,) = server.read(path, "viewer")["sites"]
    return {
        (place["place"], one["statistic"]): one
        for place in site["places"]
        for one in place["statistics"]
    }


def test_each_state_is_told_from_the_others(server, clock):
    start = clock(310)
    device = server.enrolled()
    send_record(device)
    none = {"occupancy": 0, "occupancy_low": 0, "occupancy_high": 0, "flow": [0] * 5}
    answer = device.send(
        visitors(1, start, "left"),
        visitors(2, start, "right", status="suppressed", reason="below_k", **none),
        statistic_release(
            3,
            statistic_report(start),
            statistic_report(start, place="right", **suppressed("unobserved")),
            statistic_report(start, place="door", statistic="entries", area_m2=0, value=7,
                             low=3, high=11),
            statistic_report(start, place="door", statistic="exits", area_m2=0,
                             **suppressed("budget")),
        ),
    )  # fmt: skip
    assert answer.status == 200, answer.content
    seen = states(server)
    assert {key: one["state"] for key, one in seen.items()} == {
        ("left", "visitors"): "published",
        ("right", "visitors"): "few",
        ("left", "presence"): "published",
        ("right", "presence"): "not_observed",
        ("door", "entries"): "published",
        ("door", "exits"): "budget_spent",
    }
    assert seen["left", "visitors"]["value"] == 12
    presence = seen["left", "presence"]
    assert (presence["value"], presence["low"], presence["high"]) == (12.345, 9.0, 15.0)
    assert presence["density_per_m2"] == pytest.approx(12.345 / 40, abs=1e-4)
    assert presence["of_capacity"] == pytest.approx(12.345 / 30, abs=1e-4)
    assert seen["right", "visitors"]["value"] is None
    # Visitors are not there at once: they have no density.
    assert seen["left", "visitors"]["density_per_m2"] is None
    clock(300 + 600 + 61)  # two more windows have not come
    later = states(server)
    assert {one["state"] for one in later.values()} == {"nothing_arrived"}
    assert {one["value"] for one in later.values()} == {None}
    assert later["left", "visitors"]["start"] == rfc3339_whole(start)  # when it was last heard of


def test_a_place_that_never_reported_is_there_and_has_nothing(sqlite_server, clock):
    clock(0)
    device = sqlite_server.enrolled()
    send_record(device)
    assert {key: one["state"] for key, one in states(sqlite_server).items()} == {
        (place, statistic): "nothing_arrived"
        for place, statistics in (
            ("left", ("visitors", "presence")),
            ("right", ("visitors", "presence")),
            ("door", ("entries", "exits")),
        )
        for statistic in statistics
    }


def test_a_queue_is_expected_under_its_own_name_and_footfall_of_the_floor(sqlite_server, clock):
    clock(0)
    device = sqlite_server.enrolled()
    camera = make_site_record().cameras[0].model_dump()
    camera["zones"], camera["lines"] = [{**camera["zones"][0], "queue": True}], []
    content = make_site_record(release=["presence", "footfall"], cameras=[camera]).content()
    raw = device.sealed({"site_record": {"content": content, "version": 1}}, 0)
    assert device.post(raw, "/v1/site-records").status == 200
    assert set(states(sqlite_server)) == {("left", "queue"), ("floor", "footfall")}


def test_only_the_newest_window_counts(server, clock):
    start = clock(1000)
    device = server.enrolled()
    later = start + timedelta(seconds=600)
    device.send(
        visitors(1, start, "left"),
        visitors(2, later, "left", occupancy=3, occupancy_low=1, flow=[3, 0, 0, 0, 0]),
        statistic_release(3, statistic_report(later, value=2_000, low=0)),
        statistic_release(4, statistic_report(start)),  # late
    )
    seen = states(server)
    assert (seen["left", "visitors"]["value"], seen["left", "presence"]["value"]) == (3, 2.0)


def test_periods_are_not_now_but_a_days_footfall_so_far_is(sqlite_server, clock):
    start = clock(3 * 3600)
    device = sqlite_server.enrolled()
    of_day = {"statistic": "footfall", "place": "floor", "period": "day", "area_m2": 0}
    device.send(
        statistic_release(1, statistic_report(start, length_s=3600, value=50, **of_day)),
        statistic_release(
            2,
            statistic_report(start, length_s=10_500, value=150, low=100, high=20_000, **of_day),
            statistic_report(start, period="hour", length_s=3600),
        ),
    )
    seen = states(sqlite_server)
    assert {key: one["value"] for key, one in seen.items()} == {("floor", "footfall"): 150}
    clock(10_500 + 7_300)
    assert states(sqlite_server)["floor", "footfall"]["state"] == "nothing_arrived"


def test_a_zone_that_the_record_no_longer_has_is_gone_once_it_is_old(sqlite_server, clock):
    start = clock(310)
    device = sqlite_server.enrolled()
    device.send(visitors(1, start, "attic"))
    assert states(sqlite_server)["attic", "visitors"]["state"] == "published"
    send_record(device)
    assert states(sqlite_server)["attic", "visitors"]["state"] == "published"
    clock(2000)
    assert ("attic", "visitors") not in states(sqlite_server)


def test_a_reader_sees_its_sites_only_and_revoked_devices_nowhere(server, clock):
    from privcv_collector.devices.revocation import revoke_device

    start = clock(310)
    devices = [server.enrolled(site) for site in ("office", "depot")]
    for device in devices:
        device.send(visitors(1, start, "left"))
    sites = server.read("/v1/now", "viewer", "depot")["sites"]
    assert [site["site"] for site in sites] == ["depot"]
    assert len(sites[0]["places"]) == 1
    assert server.read("/v1/now?site=office", "viewer", "depot")["sites"] == []
    revoke_device(server.collector.engine, devices[1].name)
    (site,) = server.read("/v1/now", "viewer", "depot")["sites"]
    assert site["places"] == []


def test_the_answer_has_a_tag_that_changes_with_the_state_and_not_with_the_time(
    sqlite_server, clock
):
    start = clock(310)
    device = sqlite_server.enrolled()
    device.send(visitors(1, start, "left"))
    bearer = f"Bearer {sqlite_server.token('viewer')}"

    def get(tag=""):
        sent = {"Authorization": bearer, "If_None_Match": tag}
        return sqlite_server.call("GET", "/v1/now", **sent)

    tag = get().headers["ETag"]
    clock(340)
    assert get(tag).status == 304
    clock(2000)
    assert get(tag).status == 200


def test_a_label_in_csv_is_no_formula(sqlite_server, clock):
    start = clock(310)
    device = sqlite_server.enrolled()
    camera = make_site_record().cameras[0].model_dump()
    camera["zones"][0]["label"] = '=HYPERLINK("http://evil","x")'
    send_record(device, cameras=[camera])
    device.send(visitors(1, start, "left"))
    rows = list(csv.DictReader(io.StringIO(sqlite_server.read("/v1/now.csv", "viewer"))))
    assert rows[0]["label"] == '\'=HYPERLINK("http://evil","x")'
    told = {(row["place"], row["statistic"]): (row["state"], row["value"]) for row in rows}
    assert told["left", "visitors"] == ("published", "12")
    assert told["door", "entries"] == ("nothing_arrived", "")
