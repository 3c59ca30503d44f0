# SPDX-License-Identifier: Apache-2.0
"""Each release exactly once, in order; what else arrives is refused, and the refusal kept."""

from datetime import datetime, timedelta, timezone

import pytest

NOW = datetime.now(timezone.utc)


def refusals_of(server, device):
    found = server.read("/v1/refusals")["refusals"]
    return [item["error"] for item in found if item["device"] == device.name]


def stored(accepted, next_sequence, last_release, duplicate=False):
    return {
        "accepted": accepted,
        "duplicate": duplicate,
        "next_sequence": next_sequence,
        "last_release": last_release,
    }


@pytest.mark.parametrize("alg", ["Ed25519", "HMAC-SHA256"])
def test_a_batch_is_stored_with_every_value(server, release, alg):
    device = server.enrolled(alg=alg)
    answer = device.send(release(1), release(2, occupancy=0, occupancy_low=0, flow=[0] * 5))
    assert answer.status == 200
    assert answer.content == stored(2, 2, 2)
    totals = server.read("/v1/totals")["totals"]
    sent = [
        release(1)["zones"][0],
        release(2, occupancy=0, occupancy_low=0, flow=[0] * 5)["zones"][0],
    ]
    assert [{"kind": "zone", **total} for total in totals] == [
        {**report, "site": "office", "state": "published"} for report in sent
    ]


def test_the_same_batch_again_gets_the_same_answer_and_no_second_row(server, release):
    device = server.enrolled()
    raw = device.batch(release(1), release(2))
    first, second = device.post(raw), device.post(raw)
    assert first.content == stored(2, 2, 2)
    assert second.content == stored(2, 2, 2, duplicate=True)
    # Signed again at another time, as after a rotation of keys: the body decides.
    later = device.batch(release(1), release(2), sent_at=NOW + timedelta(seconds=60))
    assert device.post(later).content["duplicate"] is True
    assert server.rows("SELECT count(*) FROM zone_reports") == [(2,)]
    assert server.rows("SELECT count(*) FROM batches") == [(1,)]


def test_an_earlier_batch_gets_its_own_answer_long_after(server, release):
    device = server.enrolled()
    first = device.batch(release(1), release(2))
    device.post(first)
    for number in range(2, 6):
        assert device.send(release(number + 1), sequence=number).status == 200
    assert device.post(first).content == stored(2, 6, 6, duplicate=True)


def test_altered_content_under_a_number_that_was_used_is_refused_and_recorded(server, release):
    device = server.enrolled()
    device.send(release(1), sequence=1)
    answer = device.send(release(1, epsilon=0.5), sequence=1)
    assert (answer.status, answer.content["error"]) == (409, "conflict")
    assert (answer.content["next_sequence"], answer.content["last_release"]) == (2, 1)
    assert refusals_of(server, device) == ["conflict"]
    assert server.rows("SELECT epsilon FROM zone_reports") == [(0.25,)]


@pytest.mark.parametrize("sequence", [2, 3, 10**14])
def test_a_batch_out_of_order_is_refused_with_the_number_expected(server, release, sequence):
    device = server.enrolled()
    answer = device.send(release(1), sequence=sequence)
    assert (answer.status, answer.content["error"]) == (409, "sequence")
    assert (answer.content["next_sequence"], answer.content["last_release"]) == (1, 0)
    assert refusals_of(server, device) == ["sequence"]


def test_a_tampered_body_is_refused_and_recorded(server, release):
    device = server.enrolled()
    raw = device.batch(release(1))
    forged = raw.replace(b'"occupancy_high":15', b'"occupancy_high":16')
    assert forged != raw
    answer = device.post(forged)
    assert (answer.status, answer.content["error"]) == (401, "bad_signature")
    assert refusals_of(server, device) == ["bad_signature"]
    assert server.rows("SELECT count(*) FROM releases") == [(0,)]


def test_a_batch_of_another_device_is_refused_and_recorded(server, release):
    mine, theirs = server.enrolled(), server.enrolled()
    raw = mine.batch(release(1))
    swapped = raw.replace(mine.name.encode(), theirs.name.encode())
    answer = mine.post(swapped)
    assert (answer.status, answer.content["error"]) == (401, "unknown_key")
    # Even where the forger names the other's key, or signs with its own in the other's name.
    renamed = swapped.replace(mine.key.key_id.encode(), theirs.key.key_id.encode())
    assert mine.post(renamed).content["error"] == "bad_signature"
    assert mine.send(release(1), device=theirs.name).content["error"] == "unknown_key"
    assert refusals_of(server, theirs) == ["unknown_key", "bad_signature", "unknown_key"]
    assert server.rows("SELECT count(*) FROM releases") == [(0,)]


@pytest.mark.parametrize(
    ("age", "fits"),
    [
        (timedelta(days=29), True),
        (timedelta(days=31), False),
        (timedelta(minutes=-4), True),
        (timedelta(minutes=-6), False),
    ],
)
def test_a_backlog_is_taken_but_nothing_older_and_nothing_of_the_future(server, release, age, fits):
    device = server.enrolled()
    answer = device.send(release(1), sent_at=datetime.now(timezone.utc) - age)
    if fits:
        assert answer.status == 200
    else:
        assert (answer.status, answer.content["error"]) == (422, "clock")
        said = datetime.strptime(answer.content["server_time"], "%Y-%m-%dT%H:%M:%SZ")
        assert abs(said.replace(tzinfo=timezone.utc) - datetime.now(timezone.utc)) < timedelta(
            seconds=30
        )
        assert refusals_of(server, device) == ["clock"]
        assert device.send(release(1)).content["accepted"] == 1


def test_a_device_that_is_not_enrolled_is_refused(server, release):
    device = server.enrolled()
    answer = device.send(release(1), device="0" * 32)
    assert (answer.status, answer.content["error"]) == (401, "unknown_device")


def test_a_release_that_comes_again_in_another_batch_is_not_stored_twice(server, release):
    device = server.enrolled()
    device.send(release(1), release(2))
    answer = device.send(release(2), release(3))  # the device lost its outbox
    assert answer.content == stored(1, 3, 3)
    assert server.rows("SELECT release FROM releases ORDER BY 1") == [(1,), (2,), (3,)]
    assert server.rows("SELECT count(*) FROM zone_reports") == [(3,)]


def test_a_release_with_other_content_is_refused_with_all_of_its_batch(server, release):
    device = server.enrolled()
    device.send(release(1), release(2))
    answer = device.send(release(2, epsilon=0.75), release(3))
    assert (answer.status, answer.content["error"]) == (409, "release_conflict")
    assert answer.content["last_release"] == 2
    assert server.rows("SELECT release FROM releases ORDER BY 1") == [(1,), (2,)]
    assert device.send(release(3)).content["next_sequence"] == 3


@pytest.mark.parametrize(
    "spoil",
    [
        lambda body: body.update(extra=1),
        lambda body: body.update(dropped=-1),
        lambda body: body.update(dropped=True),
        lambda body: body.update(releases=[]),
        lambda body: body["releases"][0].update(sequence=0),
        lambda body: body["releases"].append(body["releases"][0]),
        lambda body: body["releases"][0]["zones"][0].update(track=17),
        lambda body: body["releases"][0]["zones"][0].update(flow=[1, 2]),
        lambda body: body["releases"][0]["zones"].append(body["releases"][0]["zones"][0]),
    ],
)
def test_a_body_that_is_not_a_release_is_refused_though_it_is_signed(server, release, spoil):
    device = server.enrolled()
    body = {"dropped": 0, "releases": [release(1)]}
    spoil(body)
    answer = device.post(device.sealed(body, 1))
    assert (answer.status, answer.content["error"]) == (422, "invalid")
    assert answer.content["message"]
    assert device.send(release(1)).content == stored(1, 2, 1)


def test_gaps_are_told_apart_by_whether_the_device_said_it_dropped(server, release):
    device = server.enrolled()
    device.send(release(1))
    device.send(release(5), dropped=3)  # 2, 3, 4: given up, and said so
    device.send(release(8), dropped=3)  # 6, 7: unexplained
    (found,) = server.read("/v1/devices")["devices"]
    assert [(gap["first_release"], gap["missing"], gap["declared"]) for gap in found["gaps"]] == [
        (2, 3, 3),
        (6, 2, 0),
    ]
    device.send(release(6), dropped=3)  # late, after all
    (found,) = server.read("/v1/devices")["devices"]
    assert [gap["missing"] for gap in found["gaps"]] == [3, 1]


def test_the_idempotency_key_must_be_that_of_the_envelope(sqlite_server, release):
    device = sqlite_server.enrolled()
    raw = device.batch(release(1))
    answer = device.post(raw, Idempotency_Key=f"{device.name}:2")
    assert (answer.status, answer.content["error"]) == (422, "invalid")
    assert device.post(raw, Idempotency_Key=f"{device.name}:1").status == 200


def test_dwell_is_read_back_as_it_was_sent(server, release):
    device = server.enrolled()
    dwell = {
        "kind": "dwell",
        "camera": "lobby",
        "zone": "desk",
        "period_start": "2026-01-31T08:00:00.250000Z",
        "period_s": 3600,
        "status": "published",
        "reason": "none",
        "visits": [5, 3, 0],
        "visits_low": [3, 1, 0],
        "visits_high": [8, 5, 2],
        "confidence": 0.9,
        "coverage": 0.5,
        "epsilon": 1,
        "delta": 1e-9,
        "unit": "person_window",
        "mechanism": "gaussian",
    }
    assert device.send({**release(1), "dwell": [dwell]}).status == 200
    told = {**dwell, "site": "office", "state": "published"}
    assert server.read("/v1/dwell")["dwell"] == [told]
