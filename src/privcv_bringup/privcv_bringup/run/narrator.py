# SPDX-License-Identifier: Apache-2.0
"""What a running graph has to tell a console: starts, losses, recoveries, releases, deliveries.

Each happens once and is one line. None tells how many people there are, or that there is somebody:
it is made of /diagnostics, which cannot, and of counts of releases, which come in empty hours too.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from privcv_bringup.run.monitor import Seen
from privcv_core.masking import mask
from privcv_core.node.health import PROBLEM, Level

MEASURED_OVER_S = 3.0
STARTS_WITHIN_S = 15.0
"""What a node says while it waits for others to start is no trouble for so long, s."""
SETTLES_S = 3.0
"""A trouble that is gone for so long is over, s."""
PROGRESS_APART_S = 60.0

_FIGURE = re.compile(r"[-+]?\d[\d.,:]*")
_WAITING = ("opening", "lost", "closed")


@dataclass(frozen=True)
class Event:
    """One line. ``kind`` and ``facts`` are for programs, ``message`` for people."""

    kind: str
    source: str
    message: str
    level: Level = Level.OK
    facts: Mapping[str, str | int | float] = field(default_factory=dict)


@dataclass
class _Camera:
    """What was seen of a camera's detection."""

    first: tuple[float, int] | None = None  # since it runs: when, and frames that had come
    lost_s: float | None = None
    reason: str = ""
    is_told: bool = False
    rate_hz: float | None = None
    size: str = ""
    state: str = ""


@dataclass
class _Trouble:
    source: str
    words: str
    level: Level
    since_s: float
    last_s: float
    waits_s: float
    """So long it has to last before it is told."""
    is_told: bool = False


class Narrator:
    """Turns what a ``Monitor`` has seen into events; ``look`` about twice a second."""

    def __init__(self, cameras: Sequence[str], now_s: float) -> None:
        self._started_s = now_s
        self._cameras = {name: _Camera() for name in cameras}
        self._troubles: dict[tuple[str, str], _Trouble] = {}
        self._well: set[str] = set()  # nodes that have been
        self._delivered_before: int | None = None
        self._released = self._delivered = 0
        self._progress_s = now_s

    def look(self, seen: Seen, now_s: float) -> list[Event]:
        """What is new; ``now_s`` by the steady clock."""
        events: list[Event] = []
        for node, (level, message, values) in sorted(dict(seen.health).items()):
            name, _, part = node.strip("/").partition("/")
            if part == "detection" and name in self._cameras:
                events += self._camera(name, values, message, now_s)
            self._note_troubles(node, level, message, values, now_s)
        events += self._told_troubles(now_s)
        events += self._progress(seen, now_s)
        return events

    def status(self, seen: Seen, now_s: float) -> str:
        """One line on how it is, for the bottom of a terminal."""
        cameras = ", ".join(
            f"{name} {camera.size} {camera.state}".replace("  ", " ").strip()
            for name, camera in self._cameras.items()
        )
        troubles = sum(trouble.is_told for trouble in self._troubles.values())
        parts = [cameras, f"{seen.released} releases"]
        if seen.delivered is not None:
            parts.append(f"{self._delivered} delivered")
        if seen.pending:
            parts.append(f"{seen.pending} waiting")
        if troubles:
            parts.append(f"{troubles} {'trouble' if troubles == 1 else 'troubles'}")
        minutes, seconds = divmod(int(now_s - self._started_s), 60)
        return mask(" | ".join([*parts, f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"]))

    def _camera(
        self, name: str, values: Mapping[str, str], message: str, now_s: float
    ) -> Iterator[Event]:
        camera = self._cameras[name]
        state = values.get("state", "")
        before, camera.state = camera.state, state or camera.state
        # All that came, looked at or not: how many could be looked at may depend on who was there.
        came = _count(values, "frames") + _count(values, "frames dropped as late")
        if state in ("lost", "failed", "closed") and camera.lost_s is None:
            camera.lost_s, camera.first, camera.reason = now_s, None, message
            yield Event(f"camera_{state}", name, f"{state}: {_first(values, message)}", Level.ERROR)
        if state == "ended" and before != "ended":
            yield Event("camera_ended", name, "ended: its file or recording is over")
        if state != "running" or came == 0:
            camera.first = None if state in _WAITING else camera.first
            return
        camera.first = camera.first or (now_s, came)
        since_s, at_first = camera.first
        if camera.lost_s is not None and came > at_first:
            lasted_s = now_s - camera.lost_s
            camera.lost_s = None
            yield Event("camera_back", name, f"back after {lasted_s:.0f} s",
                        facts={"lasted_s": round(lasted_s, 1)})  # fmt: skip
        is_new = camera.rate_hz is None or camera.size != values.get("image")
        if now_s - since_s >= MEASURED_OVER_S and is_new:
            camera.rate_hz = (came - at_first) / (now_s - since_s)
            camera.size = values.get("image", "")
            source = values.get("source", "")
            words = f"running: {camera.size} px, {camera.rate_hz:.1f} frames/s, {source}"
            facts: dict[str, str | float] = {
                "size_px": camera.size, "rate_hz": round(camera.rate_hz, 2),
            }  # fmt: skip
            yield Event("camera_running", name, words, facts=facts)

    def _note_troubles(
        self, node: str, level: int, message: str, values: Mapping[str, str], now_s: float
    ) -> None:
        source = node.strip("/")
        part = source.partition("/")[2]
        if level in (Level.OK, Level.STALE):
            if level == Level.OK and node not in self._well:  # whatever it waited for is there
                self._well.add(node)
                for key in [key for key, it in self._troubles.items() if key[0] == node]:
                    if not self._troubles[key].is_told:
                        del self._troubles[key]
            return
        problems = [words for key, words in values.items() if key.startswith(f"{PROBLEM} ")]
        is_lost = part == "detection" and values.get("state") in ("lost", "failed", "closed")
        for number, words in enumerate(problems or [message]):
            if is_lost and number == 0:
                continue  # told as the camera's own
            key = (node, _FIGURE.sub("#", words))
            trouble = self._troubles.get(key)
            if trouble is None:
                kind = Level(level) if number == 0 else Level.WARN
                is_starting = node not in self._well and "state" not in values
                waits_s = STARTS_WITHIN_S if is_starting else 1.0
                trouble = _Trouble(source, words, kind, now_s, now_s, waits_s)
                self._troubles[key] = trouble
            trouble.last_s = now_s

    def _told_troubles(self, now_s: float) -> Iterator[Event]:
        for key, trouble in list(self._troubles.items()):
            is_there = now_s - trouble.last_s < SETTLES_S
            if is_there and not trouble.is_told and now_s - trouble.since_s >= trouble.waits_s:
                trouble.is_told = True
                yield Event("trouble", trouble.source, trouble.words, trouble.level)
            elif not is_there:
                del self._troubles[key]
                if trouble.is_told:
                    lasted_s = trouble.last_s - trouble.since_s
                    words = f"over after {lasted_s:.0f} s: {trouble.words}"
                    yield Event("over", trouble.source, words,
                                facts={"lasted_s": round(lasted_s, 1)})  # fmt: skip

    def _progress(self, seen: Seen, now_s: float) -> Iterator[Event]:
        if seen.released and not self._released:
            after_s = now_s - self._started_s
            yield Event("first_release", "privacy", f"first release, after {after_s:.0f} s",
                        facts={"after_s": round(after_s, 1)})  # fmt: skip
        delivered = 0
        if seen.delivered is not None:
            if self._delivered_before is None:
                self._delivered_before = seen.delivered
            delivered = seen.delivered - self._delivered_before
        if delivered > 0 and not self._delivered:
            yield Event("first_delivery", "uplink", "first delivery to the collector")
        changed = (seen.released, delivered) != (self._released, self._delivered)
        is_first = not self._released or (delivered > 0 and not self._delivered)
        self._released, self._delivered = seen.released, max(0, delivered)
        if changed and not is_first and now_s - self._progress_s >= PROGRESS_APART_S:
            self._progress_s = now_s
            words = f"{seen.released} releases"
            if seen.delivered is not None:
                words += f", {delivered} delivered, {seen.pending} waiting"
            facts = {"releases": seen.released, "delivered": delivered, "waiting": seen.pending}
            yield Event("progress", "privacy", words, facts=facts)


def _first(values: Mapping[str, str], message: str) -> str:
    """The worst of all that is wrong, where there are several."""
    return values.get(f"{PROBLEM} 1", message)


def _count(values: Mapping[str, str], key: str) -> int:
    text = values.get(key, "0")
    return int(text) if text.isdecimal() else 0
