# SPDX-License-Identifier: Apache-2.0
"""Site records: kept as signed, numbered by the device, read by who may see the site."""

import json

import pytest
from site_records import make_site_record

from privcv_collector.devices import site_records
from privcv_collector.devices.revocation import revoke_device
from privcv_core.protocol.canonical_json import canonical
from privcv_core.protocol.envelope import parse

HOSTILE = "<script>alert('x')</script> =1+1"


def sealed(device, version, **changes):
    content = make_site_record(**changes).content()
    return device.sealed({"site_record": {"content": content, "version": version}}, 0)


def send(device, version, **changes):
    raw = sealed(device, version, **changes)
    return raw, device.post(raw, "/v1/site-records")


def test_a_record_is_kept_as_it_was_signed(server):
    device = server.enrolled()
    raw, answer = send(device, 1, label=HOSTILE)
    assert (answer.status, answer.content["version"], answer.content["duplicate"]) == (
        200,
        1,
        False,
    )
    again = device.post(raw, "/v1/site-records")
    assert (again.status, again.content["duplicate"]) == (200, True)
    (kept,) = server.read("/v1/site-records", "viewer")["records"]
    record = make_site_record(label=HOSTILE)
    assert kept["record"] == record.content()
    assert (kept["site"], kept["device"], kept["version"]) == ("office", device.name, 1)
    # The digest is that of the bytes in the envelope, by which anybody can check it.
    body = parse(raw).body["site_record"]["content"]
    assert canonical(body) == record.canonical()
    assert kept["digest"] == answer.content["digest"]
    assert server.read(f"/v1/site-records.jsonl?device={device.name}").encode() == raw + b"\n"


def test_the_newest_is_shown_and_the_older_ones_are_kept(server):
    device, other = server.enrolled(), server.enrolled("depot")
    sent = [send(device, 1)[0], send(device, 4, label="Moved")[0]]
    send(other, 1, label="Depot")
    shown = server.read("/v1/site-records", "viewer", "office")["records"]
    assert [(one["device"], one["record"]["label"]) for one in shown] == [(device.name, "Moved")]
    everything = server.read("/v1/site-records")["records"]
    assert [one["site"] for one in everything] == ["office", "depot"]
    assert server.read("/v1/site-records?site=depot", "viewer", "office")["records"] == []
    lines = server.read(f"/v1/site-records.jsonl?device={device.name}").encode().splitlines()
    assert lines == sent


def test_no_version_is_replaced_by_another(server):
    device = server.enrolled()
    first, _ = send(device, 1)
    send(device, 3, label="Now")
    for version in (2, 3):  # below the newest; the newest with other content
        _, answer = send(device, version, label="Other")
        assert (answer.status, answer.content["error"]) == (409, "sequence")
        assert answer.content["next_version"] == 4
    # A record of before that somebody sends again is known, and changes nothing.
    assert device.post(first, "/v1/site-records").content["duplicate"]
    (kept,) = server.read("/v1/site-records")["records"]
    assert (kept["version"], kept["record"]["label"]) == (3, "Now")


def test_only_so_many_versions_are_kept(server, monkeypatch):
    monkeypatch.setattr(site_records, "KEPT", 3)
    device, other = server.enrolled(), server.enrolled()
    send(other, 1)
    for version in range(1, 6):
        assert send(device, version, label=f"v{version}")[1].status == 200
    lines = server.read(f"/v1/site-records.jsonl?device={device.name}").splitlines()
    assert [json.loads(line)["body"]["site_record"]["version"] for line in lines] == [3, 4, 5]
    assert len(server.read("/v1/site-records")["records"]) == 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"label": "a\u202eb"}, "U+202E"),
        ({"secret": 1}, "Extra inputs"),
        ({"site": "Not A Name"}, "site"),
    ],
)
def test_what_is_no_record_is_refused_in_words(sqlite_server, change, words):
    device = sqlite_server.enrolled()
    content = {**make_site_record().content(), **change}
    raw = device.sealed({"site_record": {"content": content, "version": 1}}, 0)
    answer = device.post(raw, "/v1/site-records")
    assert (answer.status, answer.content["error"]) == (422, "invalid")
    assert words in answer.content["message"]


def test_a_record_that_was_tampered_with_or_is_too_long_is_refused(sqlite_server):
    device = sqlite_server.enrolled()
    raw = sealed(device, 1).replace(b"Main door", b"Back door")
    answer = device.post(raw, "/v1/site-records")
    assert (answer.status, answer.content["error"]) == (401, "bad_signature")
    corners = [round(0.1234567 + i / 7, 7) for i in range(512)]
    zones = [{"name": f"z{i}", "polygon_m": corners, "area_m2": 1} for i in range(63)]
    _, answer = send(device, 1, cameras=[{"name": "a", "zones": zones}])
    assert (answer.status, answer.content["error"]) == (413, "too_large")
    assert sqlite_server.read("/v1/site-records")["records"] == []


def test_who_has_the_same_answer_is_sent_none(sqlite_server):
    device = sqlite_server.enrolled()
    send(device, 1)
    bearer = f"Bearer {sqlite_server.token('viewer')}"

    def get(tag=""):
        sent = {"Authorization": bearer, "If_None_Match": tag}
        return sqlite_server.call("GET", "/v1/site-records", **sent)

    first = get()
    tag = first.headers["ETag"]
    assert first.headers["Content-Type"] == "application/json"
    assert (get(tag).status, get(tag).content) == (304, "")
    assert get(f'"other", W/{tag}').status == 304
    send(device, 2, label="New")
    changed = get(tag)
    assert changed.status == 200
    assert changed.headers["ETag"] != tag


def test_a_device_that_is_revoked_is_shown_no_more_and_sends_none(server):
    device = server.enrolled()
    send(device, 1)
    revoke_device(server.collector.engine, device.name)
    assert server.read("/v1/site-records")["records"] == []
    assert send(device, 2)[1].content["error"] == "revoked"
