# SPDX-License-Identifier: Apache-2.0
"""Checkpoints of audit logs: kept as signed, never overwritten, contradictions named."""

import json
from datetime import datetime, timedelta, timezone

import pytest

NOW = datetime.now(timezone.utc).replace(microsecond=0)


def checkpoint(device, minute, taken=None, **heads):
    """Send the heads ``chain=(sequence, digit of the hash)`` at a minute, as of one or of it."""
    hour = NOW - timedelta(hours=1)
    sent, time = (
        hour + timedelta(minutes=at) for at in (minute, minute if taken is None else taken)
    )
    content = {
        chain: {"hash": digit * 64, "sequence": sequence}
        for chain, (sequence, digit) in heads.items()
    }
    body = {"checkpoint": {"heads": content, "time": time.strftime("%Y-%m-%dT%H:%M:%SZ")}}
    raw = device.sealed(body, 0, sent)
    return raw, device.post(raw, "/v1/checkpoints")


def test_a_checkpoint_is_kept_as_it_was_signed(server):
    device = server.enrolled()
    raw, answer = checkpoint(device, 0, camera=(10, "a"), privacy=(4, "b"))
    assert (answer.status, answer.content) == (
        200,
        {"verdict": "not_contradicted", "duplicate": False, "last_release": 0},
    )
    again = device.post(raw, "/v1/checkpoints")
    assert again.content == {"verdict": "not_contradicted", "duplicate": True, "last_release": 0}
    (kept,) = server.read("/v1/checkpoints")["checkpoints"]
    assert kept["envelope"].encode() == raw
    assert server.read(f"/v1/checkpoints.jsonl?device={device.name}").encode() == raw + b"\n"


@pytest.mark.parametrize(
    ("heads", "verdict"),
    [
        ({"camera": (12, "c"), "privacy": (4, "b")}, "not_contradicted"),
        ({"camera": (10, "a"), "privacy": (4, "b")}, "not_contradicted"),
        ({"camera": (10, "a"), "privacy": (4, "b"), "uplink": (1, "d")}, "not_contradicted"),
        ({"camera": (10, "e"), "privacy": (4, "b")}, "fork"),  # edited or reordered
        ({"camera": (9, "a"), "privacy": (4, "b")}, "truncated"),
        ({"camera": (10, "a")}, "truncated"),  # a whole chain was deleted
        ({}, "truncated"),
    ],
)
def test_a_log_that_was_changed_contradicts_its_checkpoints(server, heads, verdict):
    device = server.enrolled()
    checkpoint(device, 0, camera=(10, "a"), privacy=(4, "b"))
    _, answer = checkpoint(device, 1, **heads)
    assert answer.content == {"verdict": verdict, "duplicate": False, "last_release": 0}
    assert len(server.read("/v1/checkpoints")["checkpoints"]) == 2
    found = server.read("/v1/refusals")["refusals"]
    assert [item["error"] for item in found] == ([] if verdict == "not_contradicted" else [verdict])


def test_cut_and_written_anew_is_a_fork(server):
    device = server.enrolled()
    checkpoint(device, 0, camera=(10, "a"))
    checkpoint(device, 1, camera=(8, "b"))  # cut
    _, answer = checkpoint(device, 2, camera=(10, "c"))  # and appended to as far as it was
    assert answer.content["verdict"] == "fork"


def test_checkpoints_that_arrive_late_are_no_contradiction(server):
    device = server.enrolled()
    checkpoint(device, 5, camera=(50, "e"))
    _, answer = checkpoint(device, 1, camera=(10, "a"))
    assert answer.content["verdict"] == "not_contradicted"


def test_devices_do_not_contradict_each_other(server):
    checkpoint(server.enrolled(), 0, camera=(10, "a"))
    _, answer = checkpoint(server.enrolled(), 1, camera=(10, "b"))
    assert answer.content["verdict"] == "not_contradicted"


def test_a_checkpoint_that_was_tampered_with_is_refused(server):
    device = server.enrolled()
    raw, _ = checkpoint(device, 0, camera=(10, "a"))
    answer = device.post(raw.replace(b"a" * 64, b"b" * 64), "/v1/checkpoints")
    assert (answer.status, answer.content["error"]) == (401, "bad_signature")
    odd = device.sealed({"checkpoint": {"heads": {"Camera": {}}, "time": "now"}}, 0)
    assert device.post(odd, "/v1/checkpoints").content["error"] == "invalid"
    assert len(server.read("/v1/checkpoints")["checkpoints"]) == 1


def test_another_spelling_of_its_signature_makes_no_second_checkpoint(server):
    device = server.enrolled()
    raw, _ = checkpoint(device, 0, camera=(10, "a"))
    digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    end = raw.index(b'","v":1}')
    last = digits.index(raw[end - 1])  # of its 6 bits the first 2 are the signature's
    for spare in range(1, 16):
        other = raw[: end - 1] + bytes([digits[last ^ spare]]) + raw[end:]
        answer = device.post(other, "/v1/checkpoints")
        assert (answer.status, answer.content["error"]) == (422, "invalid")
    assert len(server.read("/v1/checkpoints")["checkpoints"]) == 1


def test_the_audit_log_itself_reads_what_was_kept(server, tmp_path):
    """The checkpoints that the rest of the device seals and verifies are the ones kept here."""
    log = pytest.importorskip("privcv_core.audit.checkpoints")
    entry = pytest.importorskip("privcv_core.audit.entry")
    device = server.enrolled()
    made = log.Checkpoint(NOW.strftime("%Y-%m-%dT%H:%M:%SZ"), {"camera": entry.Head(3, "f" * 64)})
    sealed = log.seal_checkpoint(made, device.name, device.key)
    assert device.post(sealed, "/v1/checkpoints").content["verdict"] == "not_contradicted"
    file = tmp_path / "kept.jsonl"
    file.write_text(server.read(f"/v1/checkpoints.jsonl?device={device.name}"))
    assert log.read_checkpoints(file, device.key.public) == [made]
    assert json.loads(file.read_text())["device"] == device.name


@pytest.mark.parametrize(
    ("minute", "heads", "verdict"),
    [
        (6, {"camera": (10**6, "f")}, "fast_forward"),  # true ones after it would look cut
        (6, {"camera": (60, "f")}, "not_contradicted"),
        (1, {"camera": (90, "f")}, "disordered"),  # back-dated: it has what came later
        (1, {"camera": (40, "f")}, "not_contradicted"),
    ],
)
def test_a_head_that_is_back_dated_or_ahead_is_not_passed(server, minute, heads, verdict):
    device = server.enrolled()
    checkpoint(device, 0, camera=(10, "a"))
    checkpoint(device, 5, camera=(50, "e"))
    _, answer = checkpoint(device, minute, **heads)
    assert answer.content["verdict"] == verdict
    listed = server.read("/v1/checkpoints")["checkpoints"][0]
    assert listed["verdict"] == verdict


def test_a_checkpoint_that_was_sent_before_it_was_taken_is_not_passed(server):
    device = server.enrolled()
    later = (NOW + timedelta(minutes=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = {"checkpoint": {"heads": {"camera": {"hash": "a" * 64, "sequence": 1}}, "time": later}}
    answer = device.post(device.sealed(body, 0, NOW), "/v1/checkpoints")
    assert answer.content["verdict"] == "disordered"


def verdict_of(device, minute, taken=None, **heads):
    return checkpoint(device, minute, taken, **heads)[1].content["verdict"]


@pytest.mark.parametrize(
    ("minute", "taken"),
    [(5, 5), (5, 4), (6, 5)],  # sent at the same time, taken at it, or both
)
@pytest.mark.parametrize(
    "heads",
    [
        {"camera": (5, "b"), "privacy": (4, "d")},
        {"camera": (10**9, "c"), "privacy": (4, "d")},
        {"camera": (101, "c"), "privacy": (4, "d")},
        {"camera": (100, "a")},
        {},
    ],
)
def test_one_time_has_one_state(sqlite_server, minute, taken, heads):
    device = sqlite_server.enrolled()
    checkpoint(device, 5, camera=(100, "a"), privacy=(4, "d"))
    assert verdict_of(device, minute, taken, **heads) in ("disordered", "truncated")
    assert verdict_of(device, 7, camera=(100, "a"), privacy=(4, "d")) != "fork"


def test_what_is_sealed_anew_for_another_try_is_no_contradiction(server):
    """Its answer was lost: the same time and heads, sent later; and the next one after it."""
    device = server.enrolled()
    for minute in (5, 6, 7):
        assert verdict_of(device, minute, 5, camera=(100, "a")) == "not_contradicted"
    assert verdict_of(device, 10, camera=(110, "b")) == "not_contradicted"
    assert verdict_of(device, 6, 5, camera=(100, "a")) == "not_contradicted"


@pytest.mark.parametrize("years_ago", [6, 0.01])
def test_a_checkpoint_as_of_a_time_before_the_last_is_not_passed(server, years_ago):
    device = server.enrolled()
    checkpoint(device, 0, camera=(100, "a"))
    long_ago = -years_ago * 365 * 24 * 60
    assert verdict_of(device, 3, long_ago, camera=(110, "b")) == "disordered"
    assert verdict_of(device, 4, long_ago + 1, camera=(110, "b")) == "disordered"  # nor the next
    assert verdict_of(device, 5, camera=(110, "b")) == "not_contradicted"


def test_a_first_head_that_no_device_can_have_is_not_passed(server):
    assert verdict_of(server.enrolled(), 0, camera=(2**50, "a")) == "fast_forward"
    device = server.enrolled()
    assert verdict_of(device, 0, camera=(10**7, "a")) == "not_contradicted"  # of a device of years
    new = {"camera": (10**7, "a"), "uplink": (10**6, "b")}  # but this chain began a minute ago
    assert verdict_of(device, 1, **new) == "fast_forward"


def test_a_chain_that_a_later_checkpoint_lacks_is_not_passed(server):
    device = server.enrolled()
    checkpoint(device, 5, camera=(100, "a"))
    assert verdict_of(device, 1, camera=(9, "b"), uplink=(5, "c")) == "disordered"


def test_the_keys_that_verify_a_devices_checkpoints_are_told_by_id(server):
    device = server.enrolled()
    (known,) = server.read("/v1/devices")["devices"]
    (key,) = known["keys"]
    assert (key["key_id"], key["public"]) == (device.key.key_id, device.key.public)
