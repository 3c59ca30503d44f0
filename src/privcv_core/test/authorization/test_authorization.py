# SPDX-License-Identifier: Apache-2.0
"""A camera is open only while a signed, trusted, unexpired, unwithdrawn record says so."""

import json
import os
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from privcv_core.audit.log import AuditLog, AuditSettings
from privcv_core.audit.settings_digest import log_configuration
from privcv_core.audit.verify import read_chain
from privcv_core.authorization.audit import GateEvents, withdrawn_in
from privcv_core.authorization.gate import Closed, Gate, Open
from privcv_core.authorization.record import (
    COUNTING,
    SHOWING,
    AuthorizationError,
    AuthorizationRecord,
    SignedRecord,
)
from privcv_core.authorization.record_file import (
    AuthorizationSettings,
    CameraAuthorization,
    load_signed,
    save_signed,
    withdraw,
    withdrawals,
)
from privcv_core.errors import FileWriteError, KeyFileError, SettingsError
from privcv_core.protocol.person_keys import create_key, load_key
from privcv_core.protocol.signing import SigningKey, is_public_key, verify_signature
from privcv_core.settings.hours import DAYS, Hours
from privcv_core.settings.model import parse_settings

UTC = timezone.utc
MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
NOON = MONDAY + timedelta(hours=12)


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    return create_key(tmp_path_factory.mktemp("keys") / "officer.pem")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    return create_key(tmp_path_factory.mktemp("keys") / "stranger.pem")


def record(**changes: object) -> AuthorizationRecord:
    content: dict[str, object] = {
        "site": "Library",
        "camera": "lobby",
        "controller": "City of Example",
        "contact": "privacy@example.org",
        "lawful_basis": "public_task",
        "purpose": "how full the reading room is",
        "area": "the entrance hall",
        "hours": [{"days": ["mon", "tue"], "start": "08:00", "end": "18:00"}],
        "authorized_by": "A. Example, head of the library",
        "issued": MONDAY,
        "expires": MONDAY + timedelta(days=365),
    }
    return AuthorizationRecord.model_validate({**content, **changes})


def gate(key: SigningKey, now_record: AuthorizationRecord | None = None) -> Gate:
    return Gate(SignedRecord.sign(now_record or record(), key), [key.public], "lobby")


def closed(kind: str, decision: object) -> Closed:
    assert isinstance(decision, Closed)
    assert decision.kind == kind
    return decision


def test_it_is_open_in_its_hours_and_says_until_when(key: SigningKey) -> None:
    assert gate(key).decide(NOON) == Open(MONDAY + timedelta(hours=18))


@pytest.mark.parametrize(
    ("hours_after_monday", "opens_after"),
    [
        (7.99, 8),
        (18, 32),  # the end is not included; Tuesday at 8 is next
        (42, 176),  # Tuesday evening: Monday in a week
        (100, 176),
    ],
)
def test_it_is_closed_outside_its_hours_and_says_when_it_opens(
    key: SigningKey, hours_after_monday: float, opens_after: float
) -> None:
    decision = closed("hours", gate(key).decide(MONDAY + timedelta(hours=hours_after_monday)))
    assert decision.opens == MONDAY + timedelta(hours=opens_after)


def test_it_closes_when_it_expires_for_good(key: SigningKey) -> None:
    soon = gate(key, record(expires=NOON))
    assert soon.decide(NOON - timedelta(microseconds=1)) == Open(NOON)
    assert closed("expired", soon.decide(NOON)).opens is None


def test_it_is_closed_before_it_was_issued(key: SigningKey) -> None:
    decision = closed("hours", gate(key).decide(MONDAY - timedelta(seconds=1)))
    assert decision.opens == MONDAY


def test_no_record_is_closed(key: SigningKey) -> None:
    assert closed("missing", Gate(None, [key.public], "lobby").decide(NOON)).opens is None


def test_a_key_that_is_not_trusted_is_closed(key: SigningKey, stranger: SigningKey) -> None:
    by_stranger = SignedRecord.sign(record(), stranger)
    closed("untrusted", Gate(by_stranger, [key.public], "lobby").decide(NOON))
    pretending = replace(by_stranger, key_id=key.key_id)
    closed("untrusted", Gate(pretending, [key.public], "lobby").decide(NOON))


@pytest.mark.parametrize("field", sorted(record().model_dump()))
def test_no_field_can_be_changed_after_signing(key: SigningKey, field: str) -> None:
    document = json.loads(json.dumps(SignedRecord.sign(record(), key).document()))
    changes = {
        "id": "0" * 32,
        "camera": "lobby2",
        "lawful_basis": "consent",
        "hours": [{"days": list(DAYS)}],
        "time_zone": "Europe/Berlin",
        "issued": "2020-01-01T00:00:00Z",
        "expires": "2099-01-01T00:00:00Z",
        "use": "operational",
        "reasons": {"consent": "each person agrees at the desk"},
    }
    document["record"][field] = changes.get(field, "something else")
    signed = SignedRecord.parse(document, "test")
    assert signed.record != record(id=signed.record.id) or field == "id"
    closed("untrusted", Gate(signed, [key.public], "lobby").decide(NOON))


def test_a_signature_has_one_spelling(key: SigningKey) -> None:
    """The last digit has four bits that are not used, and only zeros may be there."""
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    signature = key.sign(b"message")
    fits = [
        digit
        for digit in digits
        if verify_signature(key.public, signature[:-1] + digit, b"message")
    ]
    assert fits == [signature[-1]]
    last = digits.index(key.public[-1])
    assert not is_public_key(key.public[:-1] + digits[last ^ 1])


@pytest.mark.parametrize(
    ("use", "uses", "is_open"),
    [
        ("statistics", COUNTING, True), ("operational", COUNTING, True),
        ("images", COUNTING, False), ("images", SHOWING, True),
        ("statistics", SHOWING, False), ("operational", SHOWING, False),
    ],
)  # fmt: skip
def test_a_record_for_counting_shows_no_image_and_one_for_images_counts_nobody(
    key: SigningKey, use: str, uses: tuple[str, ...], is_open: bool
) -> None:
    signed = SignedRecord.sign(record(use=use), key)
    decision = Gate(signed, [key.public], "lobby", uses=uses).decide(NOON)
    if is_open:
        assert isinstance(decision, Open)
    else:
        closed("other_use", decision)


def test_a_record_of_another_camera_is_closed(key: SigningKey) -> None:
    signed = SignedRecord.sign(record(camera="office"), key)
    closed("other_camera", Gate(signed, [key.public], "lobby").decide(NOON))


def test_a_withdrawn_record_is_closed(key: SigningKey) -> None:
    signed = SignedRecord.sign(record(), key)
    closed("withdrawn", Gate(signed, [key.public], "lobby", {signed.record.id}).decide(NOON))


def test_hours_may_pass_midnight(key: SigningKey) -> None:
    night = gate(key, record(hours=[{"days": ["mon"], "start": "22:00", "end": "06:00"}]))
    assert night.decide(MONDAY + timedelta(hours=29)) == Open(MONDAY + timedelta(hours=30))
    closed("hours", night.decide(MONDAY + timedelta(hours=5)))


def test_days_that_touch_are_one_span(key: SigningKey) -> None:
    always = gate(key, record(hours=[Hours()], expires=MONDAY + timedelta(days=3)))
    assert always.decide(NOON) == Open(MONDAY + timedelta(days=3))


def test_hours_are_those_on_the_wall(key: SigningKey) -> None:
    """08:00 in Berlin is 07:00 UTC in winter and 06:00 in summer."""
    berlin = record(
        time_zone="Europe/Berlin", hours=[{"start": "08:00", "end": "18:00"}], issued=MONDAY
    )
    winter = datetime(2026, 11, 17, 7, 0, tzinfo=UTC)
    summer = datetime(2027, 7, 6, 6, 0, tzinfo=UTC)
    for opens in (winter, summer):
        assert isinstance(gate(key, berlin).decide(opens), Open)
        closed("hours", gate(key, berlin).decide(opens - timedelta(seconds=1)))


def test_hours_that_clocks_skip_are_not_opened_an_hour_later(key: SigningKey) -> None:
    """Berlin, 29 March 2026: after 01:59 comes 03:00, and 03:20 is not between 02:10 and 02:50."""
    night = record(
        time_zone="Europe/Berlin",
        hours=[{"start": "02:10", "end": "02:50"}],
        issued=datetime(2026, 1, 1, tzinfo=UTC),
    )
    closed("hours", gate(key, night).decide(datetime(2026, 3, 29, 1, 20, tzinfo=UTC)))
    assert isinstance(gate(key, night).decide(datetime(2026, 3, 28, 1, 20, tzinfo=UTC)), Open)


@given(
    minute=st.integers(0, 7 * 24 * 60 - 1),
    spans=st.lists(
        st.tuples(st.sampled_from(DAYS), st.integers(0, 1439), st.integers(0, 1439)),
        min_size=1,
        max_size=4,
    ),
)
def test_it_agrees_with_a_table_of_every_minute_of_the_week(
    key: SigningKey, minute: int, spans: list[tuple[str, int, int]]
) -> None:
    week = 7 * 24 * 60
    table = set()
    hours = []
    for day, start, end in spans:
        length = (end - start - 1) % 1440 + 1
        table |= {(DAYS.index(day) * 1440 + start + offset) % week for offset in range(length)}
        hours.append({"days": [day], "start": _clock(start), "end": _clock(end)})
    # A week after it was issued, so that the spans of the week before have begun too.
    now = MONDAY + timedelta(days=7, minutes=minute)
    decision = gate(key, record(hours=hours)).decide(now)
    assert isinstance(decision, Open) == (minute in table)
    if isinstance(decision, Closed):
        ahead = next(step for step in range(1, week + 1) if (minute + step) % week in table)
        assert decision.opens == now + timedelta(minutes=ahead)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


# Files.


@pytest.fixture
def file(tmp_path: Path, key: SigningKey) -> Path:
    path = tmp_path / "lobby.json"
    save_signed(SignedRecord.sign(record(hours=[Hours()]), key), path)
    return path


def watch(file: Path, key: SigningKey, **more: object) -> CameraAuthorization:
    settings = {"file": file, "trusted_keys": [key.public], **more}
    return CameraAuthorization(AuthorizationSettings.model_validate(settings), "lobby")


def test_a_signed_record_survives_its_file(file: Path, key: SigningKey) -> None:
    assert isinstance(watch(file, key).decide(NOON), Open)


def test_a_withdrawal_is_seen_on_the_next_frame(file: Path, key: SigningKey) -> None:
    camera = watch(file, key)
    frame = timedelta(seconds=1 / 30)
    assert isinstance(camera.decide(NOON), Open)
    withdraw(file, "B. Example", "objection", NOON)
    closed("withdrawn", camera.decide(NOON + frame))


def test_a_new_record_opens_again_and_the_old_one_does_not(file: Path, key: SigningKey) -> None:
    old = file.read_text()
    withdraw(file, "B. Example", "objection", NOON)
    save_signed(SignedRecord.sign(record(hours=[Hours()]), key), file)
    camera = watch(file, key)
    assert isinstance(camera.decide(NOON), Open)
    file.write_text(old)
    closed("withdrawn", camera.decide(NOON))


def test_deleting_the_withdrawal_does_not_open_what_the_audit_log_saw(
    file: Path, tmp_path: Path, key: SigningKey
) -> None:
    camera = watch(file, key)
    withdraw(file, "B. Example", "objection", NOON)
    with AuditLog(AuditSettings(folder=tmp_path / "audit"), "lobby.detection") as log:
        assert GateEvents(log, camera).record(camera.decide(NOON))
    withdrawals(file).unlink()
    known = withdrawn_in(tmp_path / "audit", "lobby")
    again = CameraAuthorization(camera.settings, "lobby", withdrawn=known)
    closed("withdrawn", again.decide(NOON))


@pytest.mark.parametrize("garbage", ["{", "[]", '{"record": 1}', ""])
def test_what_cannot_be_read_is_closed(file: Path, key: SigningKey, garbage: str) -> None:
    camera = watch(file, key)
    file.write_text(garbage)
    closed("unreadable", camera.decide(NOON))


def sign_without_an_id(file: Path, key: SigningKey, **changes: object) -> None:
    """A record as another program may sign it: the id has a default, so it may be left out."""
    content = record(hours=[Hours()]).model_dump(mode="json")
    content = {name: value for name, value in {**content, **changes}.items() if name != "id"}
    signature = key.sign(b"privcv authorization v1\n" + rfc8785.dumps(content))
    document = {"record": content, "key_id": key.key_id, "signature": signature}
    file.write_text(json.dumps(document))


def test_a_record_without_an_id_stays_withdrawn(file: Path, key: SigningKey) -> None:
    sign_without_an_id(file, key)
    camera = watch(file, key)
    assert isinstance(camera.decide(NOON), Open)
    withdrawn = withdraw(file, "B. Example", "objection", NOON)
    closed("withdrawn", camera.decide(NOON))
    for _ in range(3):
        assert load_signed(file).record.id == withdrawn
        closed("withdrawn", watch(file, key).decide(NOON))
    content = json.loads(file.read_text())
    content["record"] = dict(reversed(content["record"].items()))  # the same, spelt otherwise
    file.write_text(json.dumps(content, indent=3))
    closed("withdrawn", watch(file, key).decide(NOON))
    sign_without_an_id(file, key, purpose="another purpose")
    assert isinstance(watch(file, key).decide(NOON), Open)


@pytest.mark.parametrize("depth", [70, 500, 100_000])
@pytest.mark.parametrize("place", ["the file", "a field", "a withdrawal"])
def test_deep_json_closes_and_raises_nothing(
    file: Path, key: SigningKey, depth: int, place: str
) -> None:
    deep = "[" * depth + "]" * depth
    camera = watch(file, key)
    if place == "the file":
        file.write_text(deep)
    elif place == "a field":
        content = json.loads(file.read_text())
        whole = json.dumps({**content, "record": {**content["record"], "extra": "DEEP"}})
        file.write_text(whole.replace('"DEEP"', deep))
    else:
        withdrawals(file).write_text(deep + "\n")
    closed("unreadable", camera.decide(NOON))


@pytest.mark.parametrize("value", ["1e999", "NaN", "12345678901234567890", '"\\ud800"'])
@pytest.mark.parametrize("field", ["id", "purpose", "issued", "extra"])
def test_what_has_no_canonical_form_closes_and_raises_nothing(
    file: Path, key: SigningKey, field: str, value: str
) -> None:
    content = json.loads(file.read_text())
    content["record"][field] = "VALUE"
    file.write_text(json.dumps(content).replace('"VALUE"', value))
    assert isinstance(watch(file, key).decide(NOON), Closed)


@pytest.mark.parametrize("which", ["record", "withdrawals"])
@pytest.mark.parametrize("planted", ["pipe", "link to nowhere", "folder", "a gigabyte"])
def test_what_is_planted_for_a_record_closes_at_once(
    file: Path, key: SigningKey, which: str, planted: str
) -> None:
    camera = watch(file, key)
    place = file if which == "record" else withdrawals(file)
    place.unlink(missing_ok=True)
    if planted == "pipe":
        os.mkfifo(place)
    elif planted == "link to nowhere":
        place.symlink_to("nowhere")
    elif planted == "folder":
        place.mkdir()
    else:
        with place.open("wb") as sparse:
            sparse.truncate(2**30)
    closed("unreadable", camera.decide(NOON))


def test_a_withdrawal_that_cannot_be_read_closes(file: Path, key: SigningKey) -> None:
    withdrawals(file).write_text("stop!\n")
    closed("unreadable", watch(file, key).decide(NOON))


def test_a_file_that_vanishes_closes(file: Path, key: SigningKey) -> None:
    camera = watch(file, key)
    assert isinstance(camera.decide(NOON), Open)
    file.unlink()
    closed("missing", camera.decide(NOON))


def test_a_clock_set_back_is_not_answered_from_memory(file: Path, key: SigningKey) -> None:
    camera = watch(file, key)
    assert isinstance(camera.decide(NOON), Open)
    closed("hours", camera.decide(MONDAY - timedelta(days=1)))


def test_not_required_is_open_with_a_warning_but_a_withdrawal_still_closes(
    file: Path, key: SigningKey
) -> None:
    demo = CameraAuthorization(AuthorizationSettings(required=False), "lobby")
    assert demo.decide(NOON) == Open(None)
    assert "demonstrations only" in (demo.warning or "")
    with_record = watch(file, key, required=False)
    withdraw(file, "B. Example", "objection", NOON)
    closed("withdrawn", with_record.decide(NOON))


def test_required_without_a_file_or_keys_is_refused() -> None:
    with pytest.raises(SettingsError, match="required: false"):
        parse_settings(AuthorizationSettings, {}, "site.yaml")
    with pytest.raises(SettingsError, match="privcv authorize key"):
        parse_settings(AuthorizationSettings, {"trusted_keys": ["abc"]}, "site.yaml")


def test_the_log_tells_changes_only(file: Path, tmp_path: Path, key: SigningKey) -> None:
    camera = watch(file, key)
    settings = AuditSettings(folder=tmp_path / "audit")
    with AuditLog(settings, "lobby.detection") as log:
        events = GateEvents(log, camera)
        assert events.record(camera.decide(NOON))
        assert not events.record(camera.decide(NOON + timedelta(seconds=1)))
        withdraw(file, "B. Example", "objection", NOON)
        assert events.record(camera.decide(NOON + timedelta(seconds=2)))
        assert not log_configuration(log, "x", camera.settings) or not log_configuration(
            log, "x", camera.settings
        )
    told = [entry.event for entry in read_chain(settings.folder, "lobby.detection")]
    assert told[1:] == ["gate.opened", "gate.closed", "configuration.changed"]


def test_a_gate_that_stays_closed_is_not_recorded_again_by_the_next_process(
    file: Path, tmp_path: Path, key: SigningKey
) -> None:
    settings = AuditSettings(folder=tmp_path / "audit")
    withdraw(file, "B. Example", "objection", NOON)
    for _ in range(3):  # a node that cannot start tries again every 30 s
        camera = watch(file, key)
        with AuditLog(settings, "lobby.detection") as log:
            GateEvents(log, camera).record(camera.decide(NOON))
    told = [entry.event for entry in read_chain(settings.folder, "lobby.detection")]
    assert told[1:] == ["gate.closed"]


def test_a_withdrawal_is_one_entry_by_whoever_withdrew(
    file: Path, tmp_path: Path, key: SigningKey
) -> None:
    settings = AuditSettings(folder=tmp_path / "audit")
    camera = watch(file, key)
    record = withdraw(file, "B. Example", "objection", NOON)
    with AuditLog(settings, "lobby.detection") as log:  # within a frame: before the command's entry
        GateEvents(log, camera).record(camera.decide(NOON))
    with AuditLog(settings, "operator") as log:
        log.append(
            "consent.changed", camera="lobby", record=record, state="withdrawn",
            by="B. Example", reason="objection",
        )  # fmt: skip
    changes = [
        entry.facts["reason"]
        for chain in ("lobby.detection", "operator")
        for entry in read_chain(settings.folder, chain, "consent.changed")
    ]
    assert changes == ["objection"]


def test_a_log_of_an_older_gate_still_keeps_the_gate_closed(tmp_path: Path) -> None:
    """Until 0.1.0 the gate recorded a withdrawal that it noticed itself."""
    with AuditLog(AuditSettings(folder=tmp_path), "lobby.detection") as log:
        log.append("consent.changed", camera="lobby", record="ab" * 16, state="withdrawn",
                   reason="noticed by the gate")  # fmt: skip
    assert withdrawn_in(tmp_path, "lobby") == {"ab" * 16}


def test_a_link_beside_the_record_is_not_written_through(
    file: Path, tmp_path: Path, key: SigningKey
) -> None:
    """Whoever may write in the folder could else have the officer overwrite another file."""
    precious = tmp_path / "precious"
    precious.write_text("precious")
    for name in (f"{file.name}.new", f"{file.name}.withdrawn.new"):
        file.with_name(name).symlink_to(precious)
    save_signed(load_signed(file), file)
    withdraw(file, "B. Example", "objection", NOON)
    assert precious.read_text() == "precious"
    assert closed("withdrawn", watch(file, key).decide(NOON))


def test_keys_with_a_passphrase_need_it(tmp_path: Path) -> None:
    made = create_key(tmp_path / "k.pem", "correct horse")
    assert load_key(tmp_path / "k.pem", "correct horse").public == made.public
    for wrong in (None, "battery staple"):
        with pytest.raises(KeyFileError):
            load_key(tmp_path / "k.pem", wrong)
    with pytest.raises(FileWriteError, match="exists"):
        create_key(tmp_path / "k.pem")
    assert (tmp_path / "k.pem").stat().st_mode & 0o077 == 0


def test_a_document_that_is_no_record_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"record": {}, "key_id": "", "signature": ""}')
    with pytest.raises(AuthorizationError, match=r"x\.json: .*camera: is required"):
        load_signed(tmp_path / "x.json")


def test_berlin_is_installed_here() -> None:
    """The test of wall-clock hours would be void without time zones."""
    assert ZoneInfo("Europe/Berlin").key == "Europe/Berlin"


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Etc/GMT+12"])
@pytest.mark.parametrize(
    "now", [datetime.min, datetime(1, 1, 2), datetime(9999, 12, 30), datetime.max]
)
def test_at_the_ends_of_the_calendar_it_is_closed(
    key: SigningKey, zone: str, now: datetime
) -> None:
    for offset in (UTC, timezone(timedelta(hours=14)), timezone(-timedelta(hours=12))):
        always = record(time_zone=zone, issued=datetime.min.replace(tzinfo=UTC),
                        expires=datetime.max.replace(tzinfo=UTC))  # fmt: skip
        closed("hours", gate(key, always).decide(now.replace(tzinfo=offset)))
