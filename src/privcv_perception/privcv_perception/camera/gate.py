# SPDX-License-Identifier: Apache-2.0
"""Authorization gate: whether a camera may be used now, what of its image, the record of that.

The camera loop asks before it opens the camera and again for every frame that came, before
anything but the buffer holds it. Each answer that differs from the one before is written to the
audit log, and so is, once a minute, how many frames were looked at and overwritten. Where the log
cannot be written its ``AuditLogError`` ends the loop: no record, no looking.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from privcv_core.audit.events import MAX_TEXT
from privcv_core.audit.frame_tally import FrameTally
from privcv_core.audit.log import AuditLog
from privcv_core.authorization.audit import GateEvents, withdrawn_in
from privcv_core.authorization.gate import Closed, Open
from privcv_core.authorization.pause import PauseWatch
from privcv_core.authorization.record import COUNTING, AuthorizationError, Use
from privcv_core.authorization.record_file import AuthorizationSettings, CameraAuthorization
from privcv_perception.camera.privacy_zones import PrivacyZones, PrivacyZoneSettings


class Gate(Protocol):
    """Authorization gate of a camera, as its loop asks it; all on the loop's thread."""

    def closed(self) -> str | None:
        """Why the camera must not be used now; None where it may."""

    def hide(self, frame: NDArray[np.uint8]) -> None:
        """Black out in place, shape (height, width, 3), what nobody may look at."""

    def looked(self) -> None:
        """One frame was looked at and overwritten."""

    def stopped(self, reason: str) -> None:
        """The camera was released and every buffer overwritten."""

    def failed(self, what: str) -> None:
        """The camera cannot go on, for a reason that only a person can mend."""


class AlwaysOpen:
    """No authorization gate: for recordings on the command line, which are somebody's own files."""

    def closed(self) -> str | None:
        """See ``Gate.closed``."""
        return None

    def hide(self, frame: NDArray[np.uint8]) -> None:
        """See ``Gate.hide``."""

    def looked(self) -> None:
        """See ``Gate.looked``."""

    def stopped(self, reason: str) -> None:
        """See ``Gate.stopped``."""

    def failed(self, what: str) -> None:
        """See ``Gate.failed``."""


class CameraGate:
    """Authorization gate of one camera: its signed authorization, privacy zones and audit log.

    ``log`` None writes nothing. ``clock`` gives the wall-clock time, aware. ``state``: the state
    folder, where pauses stand; None: nobody can pause. ``uses``: what the record must be for.
    """

    def __init__(
        self,
        camera: str,
        authorization: AuthorizationSettings,
        zones: Mapping[str, PrivacyZoneSettings],
        log: AuditLog | None,
        clock: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
        state: Path | None = None,
        uses: Collection[Use] = COUNTING,
    ) -> None:
        withdrawn = withdrawn_in(log.settings.folder, camera) if log is not None else frozenset()
        self._camera = camera
        self._authorization = CameraAuthorization(authorization, camera, withdrawn, uses)
        self._pause = PauseWatch(state, camera) if state is not None else None
        self._log = log
        self._events = GateEvents(log, self._authorization) if log is not None else None
        self._tally = FrameTally(log, camera) if log is not None else None
        self._clock = clock
        self._zone_settings = zones
        self._zones: PrivacyZones | None = None
        self._size = (0, 0)

    @property
    def warning(self) -> str | None:
        """What diagnostics must show loudly: that nobody needs to authorize this camera."""
        return self._authorization.warning

    def require(self) -> None:
        """Raise ``AuthorizationError`` where somebody has to act before the camera may be used.

        Outside its authorized hours it is only closed: it opens by itself.
        """
        decision = self._authorization.decide(self._clock())
        if isinstance(decision, Closed) and decision.opens is None:
            self.closed()
            raise AuthorizationError(f"camera '{self._camera}': {decision.reason}")

    def closed(self) -> str | None:
        """Why the gate is closed now; None where the camera may be used."""
        now = self._clock()
        decision = self._authorization.decide(now)
        if self._pause is not None and isinstance(decision, Open):
            decision = self._pause.decide(now) or decision
        if self._events is not None:
            self._events.record(decision)
        return decision.reason if isinstance(decision, Closed) else None

    def hide(self, frame: NDArray[np.uint8]) -> None:
        """Black out the privacy zones in place."""
        size = (frame.shape[1], frame.shape[0])
        if self._zones is None or size != self._size:
            self._zones, self._size = PrivacyZones(self._zone_settings, *size), size
        self._zones.black_out(frame)

    def looked(self) -> None:
        """Count one frame that was looked at and overwritten."""
        if self._tally is not None:
            self._tally.add(1, 1)

    def stopped(self, reason: str) -> None:
        """Record that the camera was released and every buffer overwritten."""
        if self._log is not None and self._tally is not None:
            self._tally.flush()
            self._log.append("buffers.wiped", camera=self._camera, reason=reason[:MAX_TEXT])

    def failed(self, what: str) -> None:
        """Record that the camera cannot go on."""
        if self._log is not None:
            self._log.append("fault", where=f"{self._camera}.detection", what=what[:MAX_TEXT])
