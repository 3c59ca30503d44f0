# SPDX-License-Identifier: Apache-2.0
"""The audit: play canary frames to a real camera process, then search it for them."""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from privcv_perception.residue.canary import (
    Canary,
    Codec,
    Pattern,
    patterns_of_packets,
    patterns_of_video,
    suffix_of,
    write_video,
)
from privcv_perception.residue.process import SubjectProcess
from privcv_perception.residue.scan import Hit, scan_files, scan_memory

_FPS = 10.0
_CANARIES = 16
_OTHERS = 150
_SETTLE_S = 0.5


@dataclass(frozen=True)
class Finding:
    """What was found at one moment."""

    codec: str
    """Of the canary video; ``image topic`` for frames that came as messages."""
    protected: bool
    """False for the control: not hardened, nothing wiped."""
    moment: str
    pixels: tuple[Hit, ...]
    packets: tuple[Hit, ...]
    searched_s: float

    def frames(self, *owners: str) -> float:
        """Frames' worth of pixels found with these owners, or with anyone."""
        return sum(hit.frames for hit in self.pixels if not owners or hit.owner in owners)

    @property
    def packet_count(self) -> int:
        """Pieces of compressed canaries found."""
        return sum(hit.count for hit in self.packets)


MOMENTS = ("while they play", "0.5 s after the last", "paused", "0.5 s after the end")


def audit(
    codec: Codec, size: tuple[int, int], detector: dict[str, Any], *, protected: bool = True
) -> list[Finding]:
    """Audit one codec; a ``Finding`` for each of ``MOMENTS``, in that order.

    ``size`` is (width, height) of the canary frames, multiples of 16 px; ``detector`` holds
    detector settings. The first moment is in the middle of a canary's detection: there must be
    hits, or the audit is blind. The second is half a second after the last canary, while other
    frames go on; then the camera is paused; the fourth is half a second after the end of a video
    whose last frame is a canary. ``protected=False`` turns hardening and wiping off.
    Raises ``PerceptionError`` where this machine cannot run it, such as without root.
    """
    with tempfile.TemporaryDirectory(prefix="privcv-audit-") as name:
        folder = Path(name)
        only, mixed = (folder / f"{what}.{suffix_of(codec)}" for what in ("only", "mixed"))
        pair, other = [Canary.random(*size).frame for _ in range(2)], Canary.random(*size).frame
        canaries = [pair[index % 2] for index in range(_CANARIES)]
        write_video(only, codec, canaries, _FPS)
        write_video(mixed, codec, canaries + [other] * _OTHERS, _FPS)
        pixels = patterns_of_video(mixed, _CANARIES)
        search = Search(codec, protected, pixels, patterns_of_packets(only))
        playing, ended = _play_to_the_end(search, only, detector, folder)
        running, paused = _pause_while_playing(search, mixed, detector, folder)
        return [playing, running, paused, ended]


@dataclass(frozen=True)
class Search:
    """What to search for in one process."""

    codec: str
    protected: bool
    pixels: list[Pattern]
    packets: list[Pattern]

    def now(self, subject: SubjectProcess, moment: str, video: Path | None) -> Finding:
        """Freeze the process and search everything; ``video`` is the one file that may hold it."""
        begun = time.monotonic()
        patterns = self.pixels + self.packets
        with subject.frozen():
            hits = scan_memory(subject.pid, patterns, subject.ranges)
            hits += scan_files(subject.pid, subject.folders, patterns, ignore=video)
        return Finding(
            self.codec,
            self.protected,
            moment,
            tuple(hit for hit in hits if hit.form != "packet"),
            tuple(hit for hit in hits if hit.form == "packet"),
            time.monotonic() - begun,
        )


def _request(video: Path, detector: dict[str, Any], protected: bool) -> dict[str, Any]:
    source = {"kind": "file", "uri": str(video), "rate": 1.0, "start": "now"}
    return {"source": source, "detector": detector, "harden": protected, "wipe": protected}


def _pause_while_playing(
    search: Search, video: Path, detector: dict[str, Any], folder: Path
) -> list[Finding]:
    with SubjectProcess(_request(video, detector, search.protected), folder / "first") as subject:
        subject.wait_for_frame(_CANARIES - 1)
        subject.ask_ranges()
        time.sleep(_SETTLE_S)
        # On a machine under load, until it has looked at what came meanwhile, as it else has.
        subject.wait_for_frame(_CANARIES - 1 + round(_SETTLE_S * _FPS) - 1)
        running = search.now(subject, MOMENTS[1], video)
        subject.command("pause")
        return [running, search.now(subject, MOMENTS[2], video)]


def _play_to_the_end(
    search: Search, video: Path, detector: dict[str, Any], folder: Path
) -> list[Finding]:
    with SubjectProcess(_request(video, detector, search.protected), folder / "second") as subject:
        subject.wait_for_frame(_CANARIES // 2)
        subject.ask_ranges()
        playing = search.now(subject, MOMENTS[0], video)
        subject.wait_for("ended")
        time.sleep(_SETTLE_S)
        return [playing, search.now(subject, MOMENTS[3], video)]
