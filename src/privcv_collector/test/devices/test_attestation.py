# SPDX-License-Identifier: Apache-2.0
"""Evidence of devices: enrolled by files, asked for, appraised; a refusal is a finding."""

import hashlib
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from device_health import make_health
from handmade_tpm import ZEROS, HandmadeTpm

from privcv_across.attestation.enrolment_files import (
    EnrolmentAnswer,
    EnrolmentChallenge,
    EnrolmentRequest,
)
from privcv_across.attestation.standing import Standing
from privcv_across.errors import AttestationError
from privcv_collector.cli.collector import command
from privcv_collector.devices import attestation
from privcv_collector.devices.attester_enrolment import ask, enrol_attester
from privcv_collector.devices.revocation import revoke_device
from privcv_collector.errors import CollectorError
from privcv_collector.queries.device_problems import Device, problems_of
from privcv_core.protocol import base64url
from privcv_core.protocol.canonical_json import canonical
from privcv_core.protocol.signing import SigningKey

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
POLICY = {"pcrs": {number: [value.hex()] for number, value in ZEROS.items()}, "grace_s": 7200}


def now():
    return datetime.now(timezone.utc)


def request_of(device, tpm):
    return EnrolmentRequest(
        device=device.key.public,
        key=base64url.encode(tpm.area),
        endorsement=base64url.encode(tpm.endorsement),
    )


def name_of(area):
    return b"\x00\x0b" + hashlib.sha256(area).digest()


def answer_of(device, tpm, asked, key=None):
    secret = tpm.activate(base64url.decode(asked.credential), base64url.decode(asked.seed))
    said = b"privcv enrolment of a TPM\n" + tpm.name + hashlib.sha256(secret).digest()
    return EnrolmentAnswer(
        device=device.key.public,
        secret=base64url.encode(secret),
        signature=(key or device.key).sign(said),
    )


def enrol(server, device, tpm):
    engine, known = server.collector.engine, [name_of(tpm.endorsement)]
    asked = ask(engine, request_of(device, tpm), [], known, now())
    assert enrol_attester(engine, answer_of(device, tpm, asked), now()) == device.name


def post(device, evidence, **other):
    return device.post(device.sealed({"evidence": evidence}, 0, **other), "/v1/evidence")


def show(sender, tpm, ago_s=0.0, **changes):
    """Ask, quote and show: the answer. Later ones are sent later, as by a device."""
    nonce = post(sender, None).content["nonce"]
    made = {**tpm.evidence(base64url.decode(nonce), sender.key.public), **changes}
    return post(sender, made, sent_at=now() - timedelta(seconds=ago_s)).content


def problems(server):
    (site,) = server.read("/v1/fleet")["sites"]
    return {one["code"]: one for one in site["problems"]}


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(yaml.safe_dump(POLICY))
    return path


def test_a_good_state_a_bad_one_and_the_good_one_again(running, database_url, policy):
    with running(database_url, attestation_policy=policy) as server:
        device, tpm = server.enrolled(), HandmadeTpm()
        before = post(device, None).content
        assert (before["status"], before["nonce"]) == ("none", "")
        assert "no TPM" in before["reason"]
        enrol(server, device, tpm)
        assert "attestation_missing" in problems(server)

        good = show(device, tpm, 30)
        assert (good["status"], good["reason"], good["nonce"]) == ("affirming", "", "")
        assert not {"attestation_missing", "attestation_refused"} & set(problems(server))

        tpm.pcrs[7] = bytes([1] * 32)  # an update
        bad = show(device, tpm, 20)
        assert bad["status"] == "contraindicated"
        assert "7 has a value that the policy does not take" in bad["reason"]
        found = problems(server)["attestation_refused"]
        assert (found["device"], found["what"]) == (device.name, bad["reason"])
        ends = datetime.fromisoformat(found["until"].replace("Z", "+00:00"))
        assert timedelta(seconds=7100) < ends - now() < timedelta(seconds=7201)
        assert show(device, tpm, 10)["status"] == "contraindicated"
        assert problems(server)["attestation_refused"]["until"] == found["until"]  # not prolonged
        assert server.rows("SELECT revoked_at FROM devices") == [(None,)]

        tpm.pcrs[7] = bytes(32)
        assert show(device, tpm)["status"] == "affirming"
        assert "attestation_refused" not in problems(server)
        assert server.rows("SELECT COUNT(*) FROM attesters") == [(1,)]


def test_what_is_kept_and_shown_is_the_last_result(sqlite_server):
    device, tpm = sqlite_server.enrolled(), HandmadeTpm()
    health = device.sealed({"health": make_health().content()}, 0)
    assert device.post(health, "/v1/health").status == 200
    (kept,) = sqlite_server.read("/v1/device-health")["devices"]
    assert kept["attestation"] is None
    enrol(sqlite_server, device, tpm)
    show(device, tpm)
    (kept,) = sqlite_server.read("/v1/device-health")["devices"]
    shown = kept["attestation"]
    assert shown["status"] == "warning"  # no policy: signed, and compared with nothing
    assert "not compared" in shown["reason"]
    assert shown["claims"] == {
        "firmware": 7,
        "pcrs": {str(number): value.hex() for number, value in ZEROS.items()},
    }
    assert "attestation_refused" not in problems(sqlite_server)


def test_a_quote_counts_once_and_soon(sqlite_server, monkeypatch):
    device, tpm = sqlite_server.enrolled(), HandmadeTpm()
    enrol(sqlite_server, device, tpm)
    nonce = base64url.decode(post(device, None).content["nonce"])
    assert base64url.encode(nonce) == post(device, None).content["nonce"]  # of a repetition
    quote = tpm.evidence(nonce, device.key.public)
    first = device.sealed({"evidence": quote}, 0, now() - timedelta(seconds=5))
    assert device.post(first, "/v1/evidence").content["status"] == "warning"
    given = device.post(first, "/v1/evidence").content
    assert (given["status"], len(base64url.decode(given["nonce"]))) == ("warning", 32)
    # The nonce waits: a repetition of the same bytes is still none of it, and no finding.
    assert device.post(first, "/v1/evidence").content == given
    monkeypatch.setattr(attestation, "NONCE_COUNTS", timedelta(0))
    monkeypatch.setattr(attestation, "NONCE_GIVEN", timedelta(0))
    late = tpm.evidence(base64url.decode(given["nonce"]), device.key.public)
    again = post(device, late).content
    assert (again["status"], again["reason"]) == (given["status"], given["reason"])
    assert again["nonce"] not in ("", given["nonce"])
    monkeypatch.undo()
    # The old quote in a new envelope is a lie, and told of.
    lie = post(device, quote, sent_at=now() + timedelta(seconds=5)).content
    assert lie["status"] == "contraindicated"
    assert "another nonce" in lie["reason"]


def test_forgeries(sqlite_server):
    device, tpm, other = sqlite_server.enrolled(), HandmadeTpm(), HandmadeTpm()
    enrol(sqlite_server, device, tpm)
    assert show(device, tpm, 60)["status"] == "warning"
    assert "another attestation key" in show(device, other, 50)["reason"]
    lie = {"pcrs": {str(number): "11" * 32 for number in ZEROS}}
    assert "not the values that were quoted" in show(device, tpm, 40, **lie)["reason"]
    neighbour = sqlite_server.enrolled()
    stranger = show(device, tpm, 30, device=neighbour.key.public)
    assert stranger["status"] == "contraindicated"
    tpm.clock_ms = 0
    assert "clock" in show(device, tpm, 20)["reason"]
    assert post(neighbour, None).content["nonce"] == ""  # of it no TPM is enrolled
    assert sqlite_server.rows("SELECT COUNT(*) FROM attesters") == [(1,)]


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"format": "tdx"}, 422, "invalid"),
        ({"quote": "A" * 6000}, 413, "too_large"),
        ({"quote": "?"}, 422, "invalid"),
        ({"v": 2}, 422, "invalid"),
        ({"frame": "AAAA"}, 422, "invalid"),
    ],
)
def test_what_is_no_evidence_is_refused(changes, status, error, sqlite_server):
    device, tpm = sqlite_server.enrolled(), HandmadeTpm()
    made = {**tpm.evidence(bytes(32), device.key.public), **changes}
    answer = post(device, made)
    assert (answer.status, answer.content["error"]) == (status, error)
    assert len(canonical({**tpm.evidence(bytes(32), device.key.public)})) < 2000
    unknown = SigningKey.generate()
    forged = device.sealed({"evidence": None}, 0, key=unknown)
    assert device.post(forged, "/v1/evidence").status == 401
    assert device.post(device.sealed({"evidence": None}, 1), "/v1/evidence").status == 422


def test_only_the_tpm_that_is_meant_and_the_device_itself_enrol(sqlite_server):
    engine, device = sqlite_server.collector.engine, sqlite_server.enrolled()
    tpm, other = HandmadeTpm(), HandmadeTpm()
    with pytest.raises(AttestationError, match="no certificate"):
        ask(engine, request_of(device, tpm), [], [], now())
    stranger = sqlite_server.enrolled()
    stranger.key = SigningKey.generate()
    known = [name_of(tpm.endorsement), name_of(other.endorsement)]
    with pytest.raises(CollectorError, match="no device here"):
        ask(engine, request_of(stranger, tpm), [], known, now())
    asked = ask(engine, request_of(device, tpm), [], known, now())
    with pytest.raises(ValueError, match=r"ecrypt|INTEGRITY"):
        other.activate(base64url.decode(asked.credential), base64url.decode(asked.seed))
    answer = answer_of(device, tpm, asked)
    wrong = answer.model_copy(update={"secret": base64url.encode(bytes(30))})
    with pytest.raises(AttestationError, match="not in the TPM"):
        enrol_attester(engine, wrong, now())
    with pytest.raises(AttestationError, match="did not sign"):
        enrol_attester(engine, answer_of(device, tpm, asked, SigningKey.generate()), now())
    with pytest.raises(CollectorError, match="no challenge waits"):
        enrol_attester(engine, answer, now() + timedelta(days=8))
    enrol_attester(engine, answer, now())
    with pytest.raises(CollectorError, match="no challenge waits"):
        enrol_attester(engine, answer, now())  # it counts once
    revoke_device(engine, device.name)
    with pytest.raises(CollectorError, match="no device here"):
        ask(engine, request_of(device, tpm), [], known, now())


def test_files_go_by_hand_and_the_deed_is_in_the_audit(sqlite_server, tmp_path):
    device, tpm = sqlite_server.enrolled(), HandmadeTpm()
    db = str(sqlite_server.collector.settings.db)

    def run(*arguments, status=0):
        done = CliRunner().invoke(command, ["attesters", *map(str, arguments), "--db", db])
        assert done.exit_code == status, done.output
        return done

    files = [tmp_path / name for name in ("request.json", "challenge.json", "answer.json")]
    files[0].write_bytes(request_of(device, tpm).encode())
    run("challenge", *files[:2], status=2)  # nobody vouches for the endorsement key
    run("challenge", *files[:2], "--endorsement", "xyz", status=2)
    run("challenge", *files[:2], "--endorsement", name_of(tpm.endorsement).hex())
    asked = EnrolmentChallenge.decode(files[1].read_bytes(), "challenge")
    files[2].write_bytes(answer_of(device, tpm, asked).encode())
    assert device.name in run("enrol", files[2]).output
    assert show(device, tpm)["status"] == "warning"
    run("remove", device.name)
    assert post(device, None).content["status"] == "none"
    done = CliRunner().invoke(command, ["attesters", "remove", device.name, "--db", db])
    assert isinstance(done.exception, CollectorError)
    actions = [row[0] for row in sqlite_server.rows("SELECT action FROM admin_actions ORDER BY pk")]
    assert actions[-2:] == ["attester.enrolled", "attester.removed"]


@pytest.mark.parametrize("content", [b"", b"[]", b'{"v":1}', b"\xff", b"{" * 5000])
def test_a_file_that_is_none_is_named(content):
    for model in (EnrolmentRequest, EnrolmentChallenge, EnrolmentAnswer):
        with pytest.raises(AttestationError, match="here: "):
            model.decode(content, "here")


@pytest.mark.parametrize(
    ("standing", "expected"),
    [
        (None, []),
        (Standing(), ["attestation_missing"]),
        (Standing(NOW), ["attestation_missing"]),
        (Standing(NOW + timedelta(seconds=1)), []),
        (Standing(NOW + timedelta(seconds=1), "x", True), ["attestation_refused"]),
        (Standing(NOW, "x", True), ["attestation_refused"]),
    ],
)
def test_what_is_wrong_by_where_a_device_stands(standing, expected):
    found = problems_of(Device("d", NOW, NOW, standing=standing), NOW)
    assert [one.code for one in found if one.code.startswith("attestation")] == expected
