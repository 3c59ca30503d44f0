# SPDX-License-Identifier: Apache-2.0
"""No clear frame under 1,000 random faults: whatever fails, what is published shows nobody.

Somebody in white walks through dark pictures, five a second. Detectors fail and miss, clocks jump,
messages are lost, cut, late or of another size, gates close, redactions break off half-way. The
oracle looks for white in what came out, and knows nothing of how it was made.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np
import pytest
from live_messages import S, camera_info, image
from scripted_finder import WHITE, WhiteSquareFinder

from privcv_images.bags.image_cdr import COMPRESSED, RAW, take_apart
from privcv_images.hiding.found import Found
from privcv_images.hiding.plan import plan_frames
from privcv_images.live import window
from privcv_images.live.settings import LiveSettings
from privcv_images.live.stream import LiveStream
from privcv_images.live.window import LiveRedactor
from privcv_images.recordings.redactor import Redactor
from privcv_perception.detection.detector import Detections
from privcv_perception.detection.settings import DetectorSettings

STEP_NS = S // 5
SETTINGS = LiveSettings(
    people=DetectorSettings(kind="builtin"), step_s=1.0, past_s=1.0, lost_s=1.0, most_held=16
)


class FaultyFinder(WhiteSquareFinder):
    """Fails or misses for a while; ``killed`` is what a library does that is gone."""

    def __init__(self) -> None:
        super().__init__()
        self.fails = self.misses = 0

    def find(self, frame, stamp_s):
        found = super().find(frame, stamp_s)
        if self.fails:
            self.fails -= 1
            raise RuntimeError("killed")
        if self.misses:
            self.misses -= 1
            return super().find(np.zeros_like(frame), stamp_s)
        return found


@dataclass
class World:
    """One stream, and what befalls it."""

    rng: np.random.Generator
    kind: str
    finder: FaultyFinder = field(default_factory=FaultyFinder)
    out: list = field(default_factory=list)
    given: dict = field(default_factory=dict)  # stamp to message
    infos: dict = field(default_factory=dict)
    gate_closed = redaction_breaks = 0
    now_ns = 1000 * S
    index = seen = 0

    def closed(self) -> str | None:
        return "withdrawn" if self.gate_closed else None

    def looked(self) -> None:
        pass

    def make_redactor(self, scene):
        real = Redactor(SETTINGS, scene, weak=False)
        world = self

        class Breaking:
            def redact(self, frame, regions, stamp_s) -> None:
                if world.redaction_breaks:
                    world.redaction_breaks -= 1
                    real.redact(frame, (), stamp_s)
                    raise cv2.error("out of memory")
                real.redact(frame, regions, stamp_s)

        return Breaking()

    def stream(self) -> LiveStream:
        return LiveStream(SETTINGS, self.kind, self.finder, self.make_redactor, self, self.publish)

    def publish(self, message: bytes, info: bytes | None) -> None:
        assert not self.gate_closed, "shown while the gate was closed"
        self.out.append((message, info))

    def message(self, size=(160, 120)) -> bytes:
        return image(self.index, self.now_ns, self.kind, size)


def good(world: World, stream: LiveStream) -> None:
    """The next image, in its time; its camera_info before it, behind it, or lost."""
    world.now_ns += STEP_NS
    world.index += 1
    if world.gate_closed:
        world.gate_closed -= 1
    message, info = world.message(), camera_info(world.now_ns)
    world.given[world.now_ns] = message
    order = world.rng.integers(8)
    if order > 1:
        world.infos[world.now_ns] = info
        stream.info(info)
    stream.image(message)
    if order == 1:
        world.infos[world.now_ns] = info
        stream.info(info)


def jump(world: World, by_ns: int) -> None:
    world.now_ns += by_ns


def fault(world: World, stream: LiveStream) -> str:
    """Something that goes wrong, once."""
    rng = world.rng
    some = int(rng.integers(1, 5))
    kinds = {
        "detector fails": lambda: setattr(world.finder, "fails", some),
        "detector killed": lambda: setattr(world.finder, "fails", 4 * some),
        "detector misses": lambda: setattr(world.finder, "misses", some),
        "redaction breaks": lambda: setattr(world, "redaction_breaks", some),
        "gate closes": lambda: setattr(world, "gate_closed", 2 * some),
        "queue full": lambda: lose(world, some),
        "queue full for long": lambda: lose(world, 4 * some),
        "late": lambda: stray(world, stream, world.now_ns - some * STEP_NS),
        "twice": lambda: stray(world, stream, world.now_ns),
        "clock ahead": lambda: jump(world, 3600 * S),
        "clock back": lambda: jump(world, -some * 100 * S),
        "clock back, and misses": lambda: (jump(world, -9 * S), setattr(world.finder, "misses", 4)),
        "pose late": lambda: jump(world, some * STEP_NS),
        "size changed": lambda: other_size(world, stream, some),
        "cut": lambda: stream.image(world.message()[: int(rng.integers(0, 9000))]),
        "garbage": lambda: stream.image(rng.bytes(some * 100)),
        "no time": lambda: stream.image(image(world.index, 0, world.kind)),
        "depth": lambda: stream.image(image(world.index, world.now_ns, RAW, encoding="16UC1")),
        "silence": lambda: stream.stop("time"),
    }
    name = sorted(kinds)[int(rng.integers(len(kinds)))]
    kinds[name]()
    return name


def stray(world: World, stream: LiveStream, stamp_ns: int) -> None:
    message = image(world.index, stamp_ns, world.kind)
    world.given.setdefault(stamp_ns, message)
    stream.image(message)


def lose(world: World, count: int) -> None:
    world.index += count
    world.now_ns += count * STEP_NS


def other_size(world: World, stream: LiveStream, count: int) -> None:
    for _ in range(count):
        world.index += 1
        world.now_ns += STEP_NS
        world.given[world.now_ns] = message = world.message((200, 144))
        stream.image(message)


def check_published(world: World) -> None:
    """What came out is what went in, without the white, each once, with its own camera_info."""
    stamps = []
    for message, info in world.out:
        made = take_apart(message, world.kind)
        original = take_apart(world.given[made.stamp_ns], world.kind)
        stamps.append(made.stamp_ns)
        start = made.offset - 4
        assert made.cdr[:start] == original.cdr[:start], "the header changed"
        if world.kind == RAW:
            shown = np.frombuffer(made.data, np.uint8).reshape(made.height, made.width, 3)
        else:
            shown = cv2.imdecode(np.frombuffer(made.data, np.uint8), cv2.IMREAD_COLOR)
        assert not (shown >= WHITE).all(axis=2).any(), f"a clear frame at {made.stamp_ns}"
        assert info in (None, world.infos.get(made.stamp_ns)), "another image's camera_info"
    assert len(set(stamps)) == len(stamps), "an image came twice"


def run(seed: int, faults: int, kind: str = RAW) -> World:
    world = World(np.random.default_rng(seed), kind)
    stream = world.stream()
    for _ in range(faults):
        fault(world, stream)
        for _ in range(int(world.rng.geometric(0.15))):
            good(world, stream)
            check_published(world)
            world.seen += len(world.out)
            world.out.clear()
    counts = stream.redactor
    held = sum(one.frame is not None for one in counts._window)
    assert stream.received == counts.published + sum(counts.withheld.values()) + held
    assert counts.published == world.seen
    return world


@pytest.mark.parametrize(("seed", "faults", "kind"), [(1, 1000, RAW), (2, 60, COMPRESSED)])
def test_no_clear_frame_is_published_whatever_fails(seed: int, faults: int, kind: str) -> None:
    world = run(seed, faults, kind)
    assert world.seen > faults, "next to nothing was published: it shows nothing"


def _unfailing(self, frame, stamp_ns):
    try:
        return self._finder.find(frame, stamp_ns / S)
    except RuntimeError:
        return Found(stamp_ns / S, Detections.empty())


def _showing_what_waits(self, reason, real=LiveRedactor.restart):
    for one in self._window:
        if one.frame is not None:
            self._let_go(one, None)
    real(self, reason)


def _broken_is_enough(self, scene):
    real = Redactor(SETTINGS, scene, weak=False)

    class Breaking:
        def redact(_, frame, regions, stamp_s) -> None:
            done = 0 if self.redaction_breaks else len(regions)
            self.redaction_breaks = max(self.redaction_breaks - 1, 0)
            real.redact(frame, regions[:done], stamp_s)

    return Breaking()


def _of_later_frames(found, size, hiding):
    plans = plan_frames(found, size, hiding)
    return plans[8:] + plans[-1:] * min(8, len(plans))


def _blind_to_gaps(self, *arguments, real=LiveRedactor.__init__):
    real(self, *arguments)
    self._longest_gap_ns = 10**18


PLANTED = {
    "a detector that failed saw nobody": (LiveRedactor, "_found", _unfailing),
    "what waits is shown at a restart": (LiveRedactor, "restart", _showing_what_waits),
    "a new window is sure at once": (
        LiveRedactor,
        "_reason",
        lambda self, stamp_ns, planned: planned,
    ),
    "a redaction that broke off is shown": (World, "make_redactor", _broken_is_enough),
    "the plan is another frame's": (window, "plan_frames", _of_later_frames),
    "gaps are not seen": (LiveRedactor, "__init__", _blind_to_gaps),
    "the gate is not asked": (World, "closed", lambda self: None),
}


@pytest.mark.parametrize("name", sorted(PLANTED))
def test_it_finds_faults_that_are_planted(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*PLANTED[name])
    with pytest.raises(AssertionError, match=r"a clear frame|the gate was closed"):
        run(1, 400)


@pytest.mark.parametrize("is_planted", [False, True])
def test_who_was_seen_too_seldom_to_be_followed_is_hidden_all_the_same(
    is_planted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thrice seen, thrice missed, twice seen, and then the detector dies: there was no track."""
    if is_planted:
        monkeypatch.setattr(window, "carry_loose", lambda found, plans, *_: [()] * len(plans))
    world = World(np.random.default_rng(1), RAW)
    stream = world.stream()
    world.index = 34
    for misses, fails, images in ((0, 0, 3), (3, 0, 5), (0, 20, 9)):
        world.finder.misses, world.finder.fails = misses, fails
        for _ in range(images):
            good(world, stream)
    assert world.out
    if is_planted:
        with pytest.raises(AssertionError, match="a clear frame"):
            check_published(world)
    else:
        check_published(world)
