# SPDX-License-Identifier: Apache-2.0
"""Health of devices: signed, the newest kept, changes told; and a fleet by what needs somebody."""

import itertools
from datetime import datetime, timedelta, timezone

import pytest
from device_health import make_health
from site_records import make_site_record

from privcv_collector.api.routes import fleet as fleet_route
from privcv_collector.devices.device_health import KEPT
from privcv_collector.queries.device_problems import (
    FOR_VIEWERS,
    SEVERITY,
    Device,
    problems_of,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
WELL = make_health(
    authorizations=[{"camera": "lobby", "state": "authorized", "ends": "2035-01-01T00:00:00Z"}]
)


def tell(device, ago_s=0.0, path="/v1/health", **changes):
    health = make_health(**{**WELL.content(), **changes}).content()
    sent_at = datetime.now(timezone.utc) - timedelta(seconds=ago_s)
    return device.post(device.sealed({"health": health}, 0, sent_at), path)


def sites(server, role="auditor", *which):
    return server.read("/v1/fleet", role, *which)["sites"]


def codes(site):
    return [one["code"] for one in site["problems"]]


def test_a_report_is_kept_as_signed_and_its_changes_are_told(server):
    device = server.enrolled()
    assert tell(device, 30).content == {"duplicate": False, "last_release": 0}
    assert tell(device, 20, delivery="blocked", disk_used_percent=95).status == 200
    assert tell(device, 10, delivery="ok").status == 200
    (kept,) = server.read("/v1/device-health")["devices"]
    assert kept["health"] == WELL.content()
    assert kept["device"] == device.name
    assert f'"device":"{device.name}"' in kept["envelope"]
    assert -12 < kept["clock_offset_s"] <= -10
    changes = [(one["what"], one["before"], one["after"]) for one in kept["changes"]]
    assert sorted(changes[:2]) == [("delivery", "blocked", "ok"), ("disk", "filling", "ok")]
    assert sorted(changes[2:]) == [("delivery", "ok", "blocked"), ("disk", "ok", "filling")]


def test_an_old_report_makes_no_device_look_well(server):
    device = server.enrolled()
    before = device.sealed(
        {"health": WELL.content()}, 0, datetime.now(timezone.utc) - timedelta(seconds=60)
    )
    assert device.post(before, "/v1/health").status == 200
    assert tell(device, audit_log="broken").status == 200
    assert device.post(before, "/v1/health").content["duplicate"]
    assert codes(sites(server)[0]) == ["audit_log_broken"]


@pytest.mark.parametrize("name", ["load", "frames", "people"])
def test_what_tells_of_people_is_refused(sqlite_server, name):
    device = sqlite_server.enrolled()
    body = {"health": {**WELL.content(), name: 1}}
    answer = device.post(device.sealed(body, 0), "/v1/health")
    assert (answer.status, answer.content["error"]) == (422, "invalid")


def test_nobody_speaks_for_another_device(sqlite_server, new_device):
    device, stranger = sqlite_server.enrolled(), new_device(sqlite_server.url)
    forged = stranger.sealed({"health": WELL.content()}, 0, device=device.name)
    assert stranger.post(forged, "/v1/health").status == 401
    assert tell(stranger).status == 401
    numbered = device.sealed({"health": WELL.content()}, 1)
    assert device.post(numbered, "/v1/health").status == 422
    assert sqlite_server.read("/v1/device-health")["devices"] == []


def test_a_device_that_sends_none_delivers_as_before(server, release):
    device = server.enrolled()
    assert device.send(release(1)).status == 200
    (site,) = sites(server)
    assert (codes(site), site["state"]) == (["no_health"], "look")


def test_what_a_report_may_leave_out_stops_nobody(server):
    """A device that is not ours: one report must not end the page of all sites."""
    device = server.enrolled()
    for _ in range(2):
        said = WELL.content()
        del said["budget"], said["authorizations"][0]["ends"]
        del said["requests"]["next_deadline"], said["breaches"]["next_deadline"]
        answer = device.post(device.sealed({"health": said}, 0), "/v1/health")
        assert answer.status == 200, answer.content
    assert codes(sites(server)[0]) == []
    assert server.read("/v1/device-health")["devices"][0]["health"]["budget"] is None


def test_changes_are_bounded(sqlite_server):
    device = sqlite_server.enrolled()
    for number in range(KEPT + 20):
        said = "broken" if number % 2 else "ok"
        assert tell(device, 1000 - number, audit_log=said).status == 200
    assert sqlite_server.rows("SELECT count(*) FROM health_changes") == [(KEPT,)]


def test_sites_come_by_what_needs_somebody(server, release):
    well, gone, stuck, odd = (server.enrolled(site) for site in ("a_well", "b", "c", "d"))
    assert tell(well).status == 200
    assert tell(gone, 3600).status == 200
    assert tell(stuck, delivery="blocked", disk_used_percent=100).status == 200
    assert odd.send(release(1)).status == 200
    found = sites(server)
    assert [one["site"] for one in found] == ["c", "b", "d", "a_well"]
    assert [one["state"] for one in found] == ["now", "soon", "look", "well"]
    assert codes(found[0]) == ["delivery_blocked", "disk_filling"]
    assert codes(found[1]) == ["clock_off"]  # sent an hour ago by its clock, and here now


def test_a_viewer_learns_whether_it_works_and_nothing_of_devices_or_other_sites(server):
    mine, other = server.enrolled("office"), server.enrolled("depot")
    said = {
        "delivery": "blocked",
        "requests": {"open": 2, "overdue": 1, "next_deadline": "2026-01-01"},
        "breaches": {"open": 1, "to_tell": 1, "next_deadline": "2026-01-01T00:00:00Z"},
    }
    assert tell(mine, **said).status == 200
    assert tell(other).status == 200
    (site,) = sites(server, "viewer", "office")
    assert site["problems"] == [{"code": "delivery_blocked", "device": "", "what": "", "until": ""}]
    assert len(codes(sites(server, "auditor", "office")[0])) == 3
    bearer = f"Bearer {server.token('viewer')}"
    assert server.call("GET", "/v1/device-health", Authorization=bearer).status == 403


def test_what_is_said_of_one_site_does_not_change_with_another(server, monkeypatch):
    monkeypatch.setattr(fleet_route, "now_utc", lambda: datetime.now(timezone.utc))
    assert tell(server.enrolled("office")).status == 200
    bearer = f"Bearer {server.token('viewer', 'office')}"
    before = server.call("GET", "/v1/fleet", Authorization=bearer)
    assert tell(server.enrolled("depot"), delivery="blocked").status == 200
    after = server.call("GET", "/v1/fleet", Authorization=bearer)
    assert (after.content, after.headers["ETag"]) == (before.content, before.headers["ETag"])
    other = server.call("GET", "/v1/fleet?site=depot", Authorization=bearer)
    nowhere = server.call("GET", "/v1/fleet?site=nowhere", Authorization=bearer)
    assert (other.content, other.headers["ETag"]) == (nowhere.content, nowhere.headers["ETag"])


def test_the_label_is_the_record_s(sqlite_server):
    device = sqlite_server.enrolled()
    content = make_site_record(label="Town hall").content()
    record = {"site_record": {"content": content, "version": 1}}
    assert device.post(device.sealed(record, 0), "/v1/site-records").status == 200
    assert sites(sqlite_server)[0]["label"] == "Town hall"


def device(**changes):
    said = make_health(**{**WELL.content(), **changes}).content()
    values = {"enrolled_at": NOW, "last_seen_at": NOW, "sent_at": NOW, "received_at": NOW}
    return Device(name="d", said=said, **values)


def authorization(state, ends):
    return {"authorizations": [{"camera": "lobby", "state": state, "ends": ends}]}


@pytest.mark.parametrize(
    ("changes", "code", "until"),
    [
        (authorization("authorized", "2026-03-01T12:00:00Z"), "authorization_over", None),
        (authorization("authorized", "2026-03-31T12:00:00Z"), "authorization_ends", None),
        (authorization("ended", None), "authorization_over", ""),
        (authorization("refused", None), "authorization_over", ""),
        (
            {"requests": {"open": 1, "overdue": 0, "next_deadline": "2026-02-28"}},
            "request_overdue", "2026-02-28",
        ),
        (
            {"requests": {"open": 1, "overdue": 0, "next_deadline": "2026-03-01"}},
            "request_due", "2026-03-01",
        ),
        (
            {"breaches": {"open": 1, "to_tell": 1, "next_deadline": "2026-03-02T08:00:00Z"}},
            "breach_to_tell", "2026-03-02T08:00:00Z",
        ),
        ({"breaches": {"open": 1, "to_tell": 0, "next_deadline": None}}, "breach_open", ""),
        ({"parts": {"guard": "stopped"}}, "part_stopped", ""),
        ({"outbox_age_min": 60}, "outbox_old", ""),
        ({"disk_used_percent": 90}, "disk_filling", ""),
        ({"checked": [{"what": "graph", "at": "2026-03-01T08:00:00Z", "found": True}]},
         "check_found", ""),
    ],
    ids=str,
)  # fmt: skip
def test_each_thing_that_is_wrong_is_found_alone(changes, code, until):
    (found,) = problems_of(device(**changes), NOW)
    assert found.code == code
    if until is not None:
        assert found.until == until


def test_what_is_well_is_well_at_the_edges():
    fine = [
        {"requests": {"open": 1, "overdue": 0, "next_deadline": "2026-03-09"}},
        authorization("authorized", "2026-03-31T12:00:01Z"),
        authorization("not_required", None),
        {"outbox_age_min": 50, "disk_used_percent": 85},
    ]
    assert [problems_of(device(**changes), NOW) for changes in fine] == [[]] * len(fine)
    late = NOW + timedelta(seconds=2700)
    assert problems_of(device(), late) == []
    assert [one.code for one in problems_of(device(), late + timedelta(seconds=1))] == ["silent"]


def test_each_problem_has_a_severity_and_viewers_see_known_ones():
    assert set(SEVERITY.values()) == {1, 2, 3}
    assert SEVERITY.keys() > FOR_VIEWERS
    both = [authorization("ended", None), {"delivery": "blocked"}, {"audit_log": "broken"}]
    for first, second in itertools.permutations(both, 2):
        found = {one.code for one in problems_of(device(**first, **second), NOW)}
        assert len(found) == 2
