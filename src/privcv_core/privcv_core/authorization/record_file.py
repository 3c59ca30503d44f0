# SPDX-License-Identifier: Apache-2.0
"""Authorizations on disk: the signed record, its withdrawals, and a watch that asks every frame.

``lobby.json`` holds the signed record; ``lobby.json.withdrawn`` one line per withdrawal. Anyone
who may write there can withdraw, without a key: it is the safe direction. Only a trusted key can
authorize again.
"""

import json
import os
from collections.abc import Collection
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, Field, field_validator, model_validator

from privcv_core.at_rest.sealed_text import seal, unseal
from privcv_core.authorization.gate import Closed, Decision, Gate, Open
from privcv_core.authorization.record import COUNTING, AuthorizationError, SignedRecord, Use
from privcv_core.errors import KeyFileError
from privcv_core.files.atomic_file import write_atomically
from privcv_core.files.bounded_parse import parse_json
from privcv_core.files.file_stamp import file_stamp
from privcv_core.files.folder import make_folder
from privcv_core.files.regular_file import read_regular
from privcv_core.protocol.signing import is_public_key
from privcv_core.protocol.timestamps import iso8601
from privcv_core.settings.model import TRUST, PathSetting, Settings

PLACE = "authorization"
"""Of records and withdrawals, where they are sealed."""


class AuthorizationSettings(Settings):
    """Who may permit that this camera is looked through, and where the permission lies."""

    model_config = ConfigDict(json_schema_extra=TRUST)

    required: bool = Field(
        True,
        description="without a valid record the camera stays closed; false is for demonstrations "
        "and shown on diagnostics and in the impact assessment",
    )
    file: PathSetting | None = Field(None, description="the signed authorization record, JSON")
    trusted_keys: list[str] = Field(
        default_factory=list,
        description="public Ed25519 keys, base64url, of those who may authorize",
    )

    @field_validator("trusted_keys")
    @classmethod
    def _keys(cls, value: list[str]) -> list[str]:
        for key in value:
            if not is_public_key(key):
                raise ValueError(f"'{key}' is not a public key as 'privcv authorize key' prints it")
        return value

    @model_validator(mode="after")
    def _complete(self) -> "AuthorizationSettings":
        if self.required and (self.file is None or not self.trusted_keys):
            raise ValueError(
                "authorization: name the signed record (file) and who may sign (trusted_keys), see "
                "'privcv authorize'; 'required: false' is for demonstrations only"
            )
        return self


class CameraAuthorization:
    """The gate of one camera, as its files say now.

    ``decide`` is meant to be called before every frame: it looks whether a file changed (two
    ``stat`` calls) and reads it again only then, so a withdrawal takes effect on the next frame.
    ``withdrawn`` are ids known to be withdrawn from elsewhere, such as the audit log, so that
    deleting the note of a withdrawal does not open the gate again. ``uses``: as of ``Gate``.
    """

    def __init__(
        self,
        settings: AuthorizationSettings,
        camera: str,
        withdrawn: Collection[str] = (),
        uses: Collection[Use] = COUNTING,
    ) -> None:
        self.settings = settings
        self.camera = camera
        self._withdrawn = frozenset(withdrawn)
        self._uses = uses
        self._seen: object = None
        self._gate = Gate(None, (), camera)
        self._unreadable: Closed | None = None
        self._open_from: datetime | None = None
        self._open: Open | None = None

    @property
    def warning(self) -> str | None:
        """What diagnostics must show loudly: that nobody needs to authorize this camera."""
        if self.settings.required:
            return None
        return f"camera '{self.camera}' needs no authorization: for demonstrations only"

    @property
    def record_id(self) -> str:
        """Id of the record in force, empty where there is none."""
        return self._gate.record.id if self._gate.record else ""

    @property
    def expires(self) -> datetime | None:
        """When the record in force ends, where there is one."""
        return self._gate.record.expires if self._gate.record else None

    def decide(self, now: datetime) -> Decision:
        """Whether the camera may look at ``now`` (aware; the wall clock)."""
        files = self._stamps()
        if files != self._seen:
            self._read()
            self._seen = files
            self._open = None
        elif self._open is not None and self._still_open(now):
            return self._open
        decision = self._decide(now)
        self._open = decision if isinstance(decision, Open) else None
        self._open_from = now
        return decision

    def _decide(self, now: datetime) -> Decision:
        if self._unreadable is not None:
            return self._unreadable
        if self._gate.record is None and not self.settings.required:
            return Open(None)
        return self._gate.decide(now)

    def _still_open(self, now: datetime) -> bool:
        if self._open is None or self._open_from is None or now < self._open_from:
            return False  # a clock that was set back asks again
        return self._open.until is None or now < self._open.until

    def _stamps(self) -> object:
        if self.settings.file is None:
            return ()
        return tuple(
            file_stamp(path) for path in (self.settings.file, withdrawals(self.settings.file))
        )

    def _read(self) -> None:
        file = self.settings.file
        self._unreadable = None
        try:
            signed = load_signed(file) if file is not None and os.path.lexists(file) else None
            gone = self._withdrawn | withdrawn_ids(file) if file is not None else self._withdrawn
        except AuthorizationError as error:
            self._unreadable = Closed("unreadable", str(error))
            signed, gone = None, self._withdrawn
        self._gate = Gate(signed, self.settings.trusted_keys, self.camera, gone, self._uses)


def withdrawals(file: Path) -> Path:
    """Where the withdrawals of the record in ``file`` stand."""
    return file.with_name(file.name + ".withdrawn")


def load_signed(file: Path) -> SignedRecord:
    """Read a signed record; raises ``AuthorizationError``. Read is not verified: see ``Gate``."""
    return SignedRecord.parse(_read_json(file), str(file))


def save_signed(signed: SignedRecord, file: Path) -> None:
    """Put a signed record in force, in one step; raises ``FileWriteError``."""
    text = json.dumps(signed.document(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    _replace(file, text)


def withdraw(file: Path, by: str, reason: str, now: datetime) -> str:
    """Withdraw the record in ``file``; returns its id. The gate closes on its next question.

    ``by`` and ``reason``: words of ``withdrawal_words``.
    """
    record = load_signed(file).record
    note = {"record": record.id, "by": by, "reason": reason, "time": iso8601(now)}
    path = withdrawals(file)
    try:
        before = _content(path).decode()
    except FileNotFoundError:
        before = ""
    except (OSError, ValueError) as error:
        raise AuthorizationError(f"{path}: cannot be read: {error}") from error
    _replace(path, before + json.dumps(note, ensure_ascii=False) + "\n")
    return record.id


def withdrawn_ids(file: Path) -> frozenset[str]:
    """Ids of the records withdrawn beside ``file``; a line that cannot be read is an error."""
    path = withdrawals(file)
    try:
        lines = _content(path).decode().splitlines()
    except FileNotFoundError as error:
        if os.path.lexists(path):  # a link that leads nowhere is not the same as no withdrawal
            raise AuthorizationError(f"{path}: is a link that leads nowhere") from error
        return frozenset()
    except (OSError, ValueError) as error:
        raise AuthorizationError(f"{path}: cannot be read") from error
    try:
        return frozenset(str(parse_json(line)["record"]) for line in lines if line.strip())
    except (ValueError, KeyError, TypeError) as error:
        raise AuthorizationError(f"{path}: holds a withdrawal that cannot be read") from error


def _content(path: Path) -> bytes:
    """What a file says, opened where it is sealed. Without its key nobody may look."""
    text = read_regular(path)
    try:
        return unseal(PLACE, text)
    except KeyFileError as error:
        raise AuthorizationError(f"{path}: {error}") from error


def _read_json(file: Path) -> Any:
    try:
        return parse_json(_content(file))
    except OSError as error:
        raise AuthorizationError(f"{file}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise AuthorizationError(f"{file}: is not JSON: {error}") from error


def _replace(file: Path, text: str) -> None:
    try:
        make_folder(file.parent)
    except OSError as error:
        raise AuthorizationError(f"{file}: cannot be written: {error.strerror}") from error
    # Readable by others, so that nobody else can take it back.
    write_atomically(file, seal(PLACE, text.encode()), mode=0o644)
