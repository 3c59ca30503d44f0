# SPDX-License-Identifier: Apache-2.0
"""A pause: for some minutes a camera counts nobody, because somebody objects (GDPR Art. 21(1)).

Whoever has the secret of the device may write one: the desk by ``privcv pause``, its button, its
broker, its service on the graph. It is a file for each camera, with an HMAC-SHA256 by the secret
of the graph, and says how long it lasts in running time, so that no setting of a clock ends it
early or keeps it for good.
"""

import hmac
import os
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from privcv_core.authorization.record import AuthorizationError
from privcv_core.event_time.running_time import Running, running_time
from privcv_core.files import graph_secret
from privcv_core.files.atomic_file import write_atomically
from privcv_core.files.bounded_parse import parse_json
from privcv_core.files.folder import make_folder
from privcv_core.files.regular_file import read_regular
from privcv_core.protocol.canonical_json import canonical
from privcv_core.protocol.timestamps import parse_rfc3339_whole, rfc3339_whole
from privcv_core.settings.model import Name, Settings

FOLDER = "pauses"
"""Of the state folder; the secret of the graph lies beside it."""

LONGEST_MINUTES = 120
"""Longest pause, min: whoever presses a button for good stops the statistics of two hours."""

Minutes = Annotated[int, Field(ge=1, le=LONGEST_MINUTES)]

By = Literal["desk", "button", "mqtt", "service"]
"""By what a pause was asked for; never who asked."""

_MOST_BYTES = 1024
_PURPOSE = b"privcv pause v1"


class PauseNote(Settings):
    """A pause of one camera, as its file holds it."""

    camera: Name = Field(description="whom it is for")
    minutes: Minutes = Field(description="how long it lasts")
    by: By = Field(description="by what it was asked for")
    began: str = Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", description="by the clock")
    boot: str = Field(pattern=r"^[0-9a-f]{0,32}$", description="of which boot 'at_ms' is")
    at_ms: int = Field(ge=0, lt=2**53, description="when it began, running time, ms")

    def left(self, running: Running, now: datetime) -> timedelta:
        """How long it still lasts, by running time; after another boot by the clock.

        Never longer than it was meant for, so that it ends by itself whatever a clock says.
        """
        whole = timedelta(minutes=self.minutes)
        if self.boot and self.boot == running.boot:
            gone = timedelta(milliseconds=running.at_ns // 10**6 - self.at_ms)
        else:
            gone = now - parse_rfc3339_whole(self.began)
        return min(whole, max(whole - gone, timedelta()))


@dataclass(frozen=True)
class Paused:
    """A pause that was written: the camera, and until when by the clock of this moment."""

    camera: str
    until: datetime
    minutes: int


def note_file(state: Path, camera: str) -> Path:
    """Where the pause of a camera stands."""
    return state / FOLDER / f"{camera}.json"


def write_pause(
    state: Path,
    camera: str,
    minutes: int,
    by: By,
    now: datetime | None = None,
    running: Running | None = None,
) -> Paused:
    """Have ``camera`` count nobody for so many minutes from now on; a longer pause stays.

    Raises ``AuthorizationError``, ``FileWriteError``, ``KeyFileError``.
    """
    now, running = now or datetime.now(timezone.utc), running or running_time()
    if not 1 <= minutes <= LONGEST_MINUTES:
        raise AuthorizationError(f"a pause lasts 1 to {LONGEST_MINUTES} minutes, not {minutes}")
    note = PauseNote(
        camera=camera,
        minutes=minutes,
        by=by,
        began=rfc3339_whole(now),
        boot=running.boot,
        at_ms=running.at_ns // 10**6,
    )
    secret = graph_secret.graph_secret(state / graph_secret.NAME)
    before = _valid(state, camera)
    if before is not None and before.left(running, now) > note.left(running, now):
        note = before
    else:
        _write(note_file(state, camera), note, secret)
    left = note.left(running, now)
    return Paused(camera, now + left, -(-left // timedelta(minutes=1)))


def read_pause(state: Path, camera: str) -> PauseNote:
    """The pause of a camera. Raises ``AuthorizationError`` for what this device did not write,
    ``KeyFileError``, ``OSError`` (also where there is none)."""
    file = note_file(state, camera)
    content = read_regular(file, _MOST_BYTES, follow=False)
    try:
        secret = graph_secret.read_graph_secret(state / graph_secret.NAME)
    except FileNotFoundError as error:
        raise AuthorizationError(f"{file}: there is no secret beside it to know it by") from error
    try:
        document = parse_json(content)
        mac = document.pop("mac")
        note = PauseNote.model_validate(document)
        is_ours = hmac.compare_digest(str(mac), _mac(note, secret))
    except (ValueError, KeyError, TypeError, AttributeError, ValidationError) as error:
        raise AuthorizationError(f"{file}: is not a pause") from error
    if not is_ours or note.camera != camera:
        raise AuthorizationError(f"{file}: is a pause that nobody of this device wrote")
    return note


def _valid(state: Path, camera: str) -> PauseNote | None:
    try:
        return read_pause(state, camera)
    except (OSError, AuthorizationError):
        return None


def _write(file: Path, note: PauseNote, secret: bytes) -> None:
    try:
        make_folder(file.parent, 0o700)
    except OSError as error:
        raise AuthorizationError(f"{file}: cannot be written: {error.strerror}") from error
    document = {**note.model_dump(), "mac": _mac(note, secret)}
    # Of the group where the folder is on purpose, so that the camera's user may read it.
    shared = bool(os.stat(file.parent).st_mode & 0o040)
    write_atomically(file, canonical(document), mode=0o640 if shared else 0o600)


def _mac(note: PauseNote, secret: bytes) -> str:
    key = hmac.digest(secret, _PURPOSE, "sha256")
    return hmac.digest(key, canonical(note.model_dump()), "sha256").hex()
