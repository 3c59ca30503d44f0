# SPDX-License-Identifier: Apache-2.0
"""What a release, a device with 200 cameras and an anonymizer cost, ms and us of CPU.

    .venv/bin/python test/benchmarks/privacy_cost.py

Printed, and a part of docs/benchmarks/privacy.md. Other work on the machine disturbs some batches:
the quietest is told.
"""

import tempfile
import time
from pathlib import Path

import numpy as np

from privcv_core.protocol.release import Release
from privcv_privacy.aggregation.aggregator import Aggregator
from privcv_privacy.aggregation.contribution import Beyond
from privcv_privacy.aggregation.publisher import Dropped, EstimatorState, Publisher
from privcv_privacy.aggregation.release_content import Span
from privcv_privacy.aggregation.statistic_publisher import StatisticPublisher
from privcv_privacy.aggregation.zone_settings import ZoneSettings
from privcv_privacy.aggregation.zones import zone_map
from privcv_privacy.anonymization.anonymizer import Anonymizer
from privcv_privacy.anonymization.secret import Secret
from privcv_privacy.anonymization.settings import AnonymizationSettings
from privcv_privacy.anonymous_tick import AnonymousTick
from privcv_privacy.budget.ledger import Ledger
from privcv_privacy.noise.mechanisms import exact_noise
from privcv_privacy.settings import PrivacySettings

BATCHES, RELEASES = 20, 100
STATISTICS = ["visitors", "flow", "presence", "entries"]


def cost() -> list[str]:
    """Rows of the page."""
    random = np.random.default_rng(0)
    cells, sampling = release_ms(random, ["visitors", "flow"])
    whole, all_sampling = release_ms(random, STATISTICS)
    share, releases = load(random)
    return [
        "## Cost",
        "",
        f"- A release of 45 cells (9 zones x 5 bins: noise, estimation, intervals, JSON; not the "
        f"ledger): {cells:.2f} ms of CPU in the median of the quietest of {BATCHES} batches of "
        f"{RELEASES}, of which OpenDP's sampler takes {sampling:.2f} ms.",
        f"- With presence of the 9 zones and entries and exits over 4 lines: {whole:.2f} ms, the "
        f"sampler {all_sampling:.2f} ms.",
        f"- 200 cameras, 10 people each in 1 to 10 cells, ticks of 5 s, 4 zones, windows of 300 s, "
        f"durable ledger: {100 * share:.1f} % of one core ({releases} releases).",
        f"- The anonymizer of a camera at 10 frames a second with 10 people who walk: "
        f"{anonymizer_us():.0f} us of CPU a frame.",
    ]


def release_ms(random: np.random.Generator, release: list[str]) -> tuple[float, float]:
    """CPU of all that a window of 9 zones and 4 lines releases, and the sampler's part of it."""
    squares = {
        f"zone_{i}": ZoneSettings(polygon_m=[4 * i, 0, 4 * i + 4, 0, 4 * i + 4, 4, 4 * i, 4])
        for i in range(9)
    }
    zones = zone_map("lobby", squares, lines=["a", "b", "c", "d"])
    settings = PrivacySettings(release=release)
    publisher = Publisher(settings, zones.names, zones.boxes_m, exact_noise)
    others = StatisticPublisher(settings, zones, exact_noise)
    counts = random.poisson(20, (9, 5)).astype(np.int64)
    present = random.poisson(100, 9).astype(np.int64)
    crossed = random.poisson(20, 8).astype(np.int64)
    state, span = EstimatorState(), Span("lobby", 0, 300, 1.0)
    dropped = Dropped(Beyond(20, 5), earlier=9)
    draws = [(publisher.counts_noise, counts.reshape(-1)), (publisher.bias_noise, counts[0, :2])]
    draws += [(others.presence_noise, present), (others.entries_noise, crossed)]

    def once(state: EstimatorState) -> EstimatorState:
        reports, state = publisher.zone_reports(span, counts, dropped, state)
        Release(sequence=1, zones=reports, dwell=[]).canonical()
        if others.presence_noise is not None:
            told, _ = others.presence(span, present, 59)
            Release(sequence=2, zones=[], dwell=[], statistics=told).canonical()
        if others.entries_noise is not None:
            told, _ = others.entries(span, crossed)
            Release(sequence=3, zones=[], dwell=[], statistics=told).canonical()
        return state

    batches = []
    for _ in range(BATCHES):
        times, in_opendp = [], []
        for _ in range(RELEASES):
            begin = time.process_time()
            state = once(state)
            middle = time.process_time()
            for noise, exact in draws:
                if noise is not None:
                    noise.release(exact)
            times.append(1e3 * (middle - begin))
            in_opendp.append(1e3 * (time.process_time() - middle))
        batches.append((float(np.median(times)), float(np.median(in_opendp))))
        time.sleep(0.2)
    return min(batches)


def load(random: np.random.Generator, cameras: int = 200, ticks: int = 61) -> tuple[float, int]:
    """CPU seconds per second of event time, and how many releases that made."""
    squares = {
        f"z{i}": ZoneSettings(polygon_m=[4 * i, 0, 4 * i + 4, 0, 4 * i + 4, 8, 4 * i, 8])
        for i in range(4)
    }
    maps = {f"c{i}": zone_map(f"c{i}", squares) for i in range(cameras)}
    first = 340_000_020
    messages = [_walking(random, name, first + number) for number in range(ticks) for name in maps]
    releases = 0
    with tempfile.TemporaryDirectory() as folder, Ledger(Path(folder) / "ledger.db") as ledger:
        device = Aggregator(PrivacySettings(window_s=300), maps, ledger)
        begin = time.process_time()
        for message in messages:
            releases += len(device.on_tick(message))
        spent_s = time.process_time() - begin
    return spent_s / (5 * ticks), releases


def _walking(
    random: np.random.Generator, camera: str, tick: int, people: int = 10
) -> AnonymousTick:
    """People who walk along x or stand: one cell to ten, six in the mean."""
    ids = random.integers(0, 2**63, people).astype(np.uint64) // 8 + np.uint64(tick // 3)
    count = random.integers(1, 11, people)
    first = random.integers(0, 24, people)
    steps = np.concatenate([np.arange(cells) for cells in count])
    y = random.integers(0, 32, people)
    return AnonymousTick(
        camera, tick, 5, 100, ids, count.astype(np.uint8),
        random.integers(0, count).astype(np.uint8),
        np.stack([np.repeat(first, count) + steps, np.repeat(y, count)], axis=1).astype(np.int16),
        np.ones(people, dtype=np.uint8), random.integers(0, 9, people).astype(np.uint8),
        np.zeros(people, dtype=np.uint32),
    )  # fmt: skip


def anonymizer_us(people: int = 10, frames: int = 3000, rate: int = 10) -> float:
    """CPU of the anonymizer for each frame, us, with ``people`` who walk to and fro."""
    anonymizer = Anonymizer(AnonymizationSettings(), "c", Secret("cost"))
    rows = []
    for frame in range(frames):
        x_m = [(1.3 * frame / rate + 3 * n) % 20 for n in range(people)]
        stamp_ns = (1_700_000_000 * rate + frame) * 10**9 // rate
        rows.append((stamp_ns, list(range(people)), x_m, [1.0 * n for n in range(people)]))
    speed, still, width = [1.3] * people, [0.0] * people, [0.5] * people
    begin = time.process_time()
    for stamp_ns, ids, x_m, y_m in rows:
        anonymizer.update(stamp_ns, ids, x_m, y_m, speed, still, width)
    return 1e6 * (time.process_time() - begin) / frames


if __name__ == "__main__":
    print("\n".join(cost()))
