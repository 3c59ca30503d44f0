#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How far presence, entries and footfall are from the truth, beside what the formula says.

Half a day of visits at random is told to the product's own aggregation; what it sums is given noise
many times over and compared with what was simulated, to the second. Writes
docs/benchmarks/statistics.md. A minute or two: python test/benchmarks/statistic_errors.py
"""

import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path += [
    str(Path(__file__).resolve().parents[2] / folder)
    for folder in ("test/support", "src/privcv_privacy/test/support")
]

from anonymous_ticks import tick_in_cells
from noise_doubles import Recorder
from tick_sequences import row_of_zones

from privcv_privacy.aggregation.aggregator import Aggregator
from privcv_privacy.aggregation.footfall import FootfallPublisher
from privcv_privacy.aggregation.release_content import Span
from privcv_privacy.aggregation.statistic_publisher import StatisticPublisher
from privcv_privacy.anonymous_tick import TICK_S, AnonymousTick
from privcv_privacy.budget.accounting import MemoryLedger
from privcv_privacy.measurement.seeded_noise import SeededNoise
from privcv_privacy.noise.mechanisms import Noise
from privcv_privacy.settings import STATISTICS, PrivacySettings, shares_of

ROOT = Path(__file__).resolve().parents[2]
START_S = 1_700_006_400 // 86400 * 86400
LENGTH_S = 12 * 3600
DRAWS = 300
PAGE = ROOT / "docs/benchmarks/statistics.md"
ZONES = row_of_zones("lobby", 1, ["door"])
OURS = ("presence", "entries", "footfall")


@dataclass(frozen=True)
class Traffic:
    """Visits at random: how many, and how long they stay, s (between the two)."""

    per_hour: int
    stay_s: tuple[float, float]


@dataclass(frozen=True)
class Row:
    """One line of the table; sd and truth in the unit of the statistic, people for presence."""

    statistic: str
    share: float
    traffic: Traffic
    window_s: int
    truth: float
    formula_sd: float
    sd: float
    error: float
    bias: float
    covered: float


def visits(traffic: Traffic, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """When each came and went, s."""
    number = random.poisson(traffic.per_hour * LENGTH_S / 3600)
    came = random.uniform(0, LENGTH_S, number)
    return came, came + random.uniform(*traffic.stay_s, number)


def ticks(came: np.ndarray, gone: np.ndarray) -> Iterator[AnonymousTick]:
    """What the camera tells of them; each goes in by the door in the tick in which they come."""
    first, last = (came // TICK_S).astype(int), (gone // TICK_S).astype(int)
    for number in range(LENGTH_S // TICK_S + 1):
        here = np.flatnonzero((first <= number) & (number <= last)).tolist()
        yield tick_in_cells(
            "lobby",
            START_S // TICK_S + number,
            [(id + 1, [(3, 3)], 1) for id in here[:256]],
            crossed={id + 1: 1 for id in here if first[id] == number},
        )


def presence_of(came: np.ndarray, gone: np.ndarray, window_s: int) -> np.ndarray:
    """Mean number of people in each window: person-seconds over its length."""
    starts = np.arange(0, LENGTH_S, window_s)[:, None]
    inside = np.minimum(gone, starts + window_s) - np.maximum(came, starts)
    return np.asarray(np.maximum(inside, 0).sum(axis=1) / window_s)


def of_traffic(traffic: Traffic, window_s: int, seed: int) -> list[Row]:
    random = np.random.default_rng(seed)
    came, gone = visits(traffic, random)
    windows = LENGTH_S // window_s
    summed = sums(came, gone, window_s)
    begun = [int(counts[0]) for counts in summed["footfall"]]
    arrivals = np.histogram(came, np.arange(0, LENGTH_S + 1, window_s))[0]
    rows = []
    for released in (OURS, STATISTICS):
        shares = shares_of(released).model_dump()
        for statistic in OURS:
            alone = {statistic} if released is OURS else set(released)
            settings = PrivacySettings.model_validate({"release": sorted(alone), "k": 1})
            share = 1.0 if released is OURS else shares[statistic]

            def noise(epsilon: float, delta: float, votes: int) -> Noise:
                return SeededNoise(random, epsilon, delta, votes)

            values, truth = [], arrivals.astype(float)
            publisher = StatisticPublisher(settings, ZONES, noise)
            moments = window_s // TICK_S - 1
            span = Span("lobby", START_S, window_s, 1.0)
            if statistic == "presence":
                assert publisher.presence_noise is not None
                truth = presence_of(came, gone, window_s)
                scale = publisher.presence_noise.scale / moments
                for _ in range(DRAWS):
                    told = [
                        publisher.presence(span, one, moments)[0][1] for one in summed[statistic]
                    ]
                    values.append([(r.value / 1000, r.low / 1000, r.high / 1000) for r in told])
            elif statistic == "entries":
                assert publisher.entries_noise is not None
                scale = publisher.entries_noise.scale
                for _ in range(DRAWS):
                    told = [publisher.entries(span, one)[0][0] for one in summed[statistic]]
                    values.append([(r.value, r.low, r.high) for r in told])
            else:
                counter = FootfallPublisher(settings, noise)
                assert counter.noise is not None
                nodes = len(begun) // 10 + len(begun) % 10
                scale = counter.noise.scale * math.sqrt(nodes)
                truth = np.array([float(sum(begun))])
                for _ in range(DRAWS):
                    today = None
                    for leaf in begun:
                        report, today = counter.report(
                            Span("lobby", START_S, 900, 1.0), leaf, START_S, today
                        )
                    values.append([(report.value, report.low, report.high)])
            value, low, high = np.moveaxis(np.array(values, dtype=float), 2, 0)
            assert value.shape[1] == (1 if statistic == "footfall" else windows)
            off = value - truth
            held = (low <= truth + 5e-4) & (truth - 5e-4 <= high)  # thousandths are told
            rows.append(
                Row(
                    statistic, share, traffic, LENGTH_S if statistic == "footfall" else window_s,
                    float(truth.mean()), math.sqrt(2) * scale, float(off.std()),
                    float(np.abs(off).mean() / truth.mean()),
                    float(off.mean() / truth.mean()), float(held.mean()),
                )
            )  # fmt: skip
    return rows


def sums(came: np.ndarray, gone: np.ndarray, window_s: int) -> dict[str, list[np.ndarray]]:
    """What the product sums, without noise, window by window; of footfall by quarter of an hour."""
    recorder = Recorder()
    settings = PrivacySettings.model_validate(
        {"release": list(OURS), "window_s": window_s, "k": 1, "max_crossings": 2}
    )
    device = Aggregator(settings, {"lobby": ZONES}, MemoryLedger(), noise=recorder)
    for tick in ticks(came, gone):
        device.on_tick(tick)
    device.finish("lobby")
    whole = LENGTH_S // window_s
    seen = [made.seen for made in recorder.made]
    quarters = seen[2][: LENGTH_S // max(900, window_s)]
    return dict(zip(OURS, (seen[0][:whole], seen[1][:whole], quarters), strict=True))


def main() -> None:
    rows: list[Row] = []
    for per_hour in (20, 120, 600):
        for window_s in (300, 3600):
            rows += of_traffic(Traffic(per_hour, (20.0, 100.0)), window_s, 1)
    rows += of_traffic(Traffic(120, (60.0, 300.0)), 3600, 1)
    rows = [row for row in rows if row.statistic != "footfall" or _first(rows, row)]
    body = [
        "| statistic | share of ε = 1 | visits per hour | they stay, s | window, s | truth "
        "| sd by the formula | sd measured | mean relative error | bias "
        "| intervals that hold, of 90 % |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for r in rows:
        stay = f"{r.traffic.stay_s[0]:g} to {r.traffic.stay_s[1]:g}"
        body.append(
            f"| {r.statistic} | {r.share:.4g} | {r.traffic.per_hour} | {stay} | {r.window_s} | "
            f"{r.truth:.2f} | {r.formula_sd:.2f} | {r.sd:.2f} | {r.error:.0%} | {r.bias:+.1%} | "
            f"{r.covered:.1%} |"
        )
    text = PAGE.read_text()
    begin, end = "<!-- table -->\n", "<!-- end of table -->"
    head, rest = text.split(begin)[0], text.split(end)[1]
    PAGE.write_text(head + begin + "\n".join(body) + "\n" + end + rest)
    print("\n".join(body))


def _first(rows: list[Row], row: Row) -> bool:
    """Footfall is of the whole half day, whatever the window: told once for each traffic."""
    same = [one for one in rows if (one.statistic, one.share, one.traffic)
            == (row.statistic, row.share, row.traffic)]  # fmt: skip
    return same[0] is row


if __name__ == "__main__":
    main()
