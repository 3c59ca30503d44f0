# SPDX-License-Identifier: Apache-2.0
"""What direction from one tick alone costs, and its threshold: writes docs/benchmarks/direction.md.

Run from the root of the checkout::

    python test/benchmarks/direction.py
"""

import math
import struct
import time
from collections import defaultdict
from pathlib import Path
from unittest.mock import patch

import click
import numpy as np

from privcv_core.settings.model import data_folder
from privcv_privacy.aggregation.contribution import Contributions
from privcv_privacy.aggregation.zone_settings import ZoneSettings
from privcv_privacy.aggregation.zones import zone_map
from privcv_privacy.anonymization import quantization
from privcv_privacy.anonymization.anonymizer import Anonymizer
from privcv_privacy.anonymization.secret import Secret
from privcv_privacy.anonymization.settings import AnonymizationSettings
from privcv_privacy.anonymous_tick import TICK_S, AnonymousTick
from privcv_privacy.measurement.trajectories import Trajectories, load_trajectories
from privcv_privacy.measurement.true_votes import STANDING_M, Stays, grid, votes
from privcv_privacy.settings import PrivacySettings

SCENES = {  # name: (file, format, longest part that is used, s)
    "ETH": ("eth/obsmat.txt", "eth", 3600.0),
    "UCY zara02": ("ucy/crowds_zara02.txt", "ucy", 3600.0),
    "UCY zara01": ("ucy/crowds_zara01.txt", "ucy", 3600.0),
    "Edinburgh, 4 h": ("edinburgh/tracks.01Jul.txt", "edinburgh", 14400.0),
}
THRESHOLDS_MPS = (0.1, 0.2, 0.3, 0.4, 0.5)
WINDOW_S = 60
START_S = 1_700_006_400
S = 1_000_000_000

NOISE_M = 0.15
"""Standard deviation of the error that is added to each position, m: a tracker is not the truth."""

TEXT = """# Direction from one tick

Which way somebody heads is decided from one tick (5 s) alone, by the mean velocity and one
threshold. Until 0.1.0 it had hysteresis over ticks, so that what somebody did in one window decided
votes of later ones. It counts in every zone that the person was in during the tick. Made by
`python test/benchmarks/direction.py`: public trajectories through the real anonymizer and
contribution bound (M = 64, no noise on counts), zones 2 x 2, windows of 60 s, against true votes
(net movement in the zone, 0.25 m and more; `true_votes.py`).

- *ticks*: share of person-ticks whose direction is that of the true displacement in the tick.
- *flow*: one less the total variation distance of the shares of standing, +x, +y, -x and -y, mean
  over zones and windows with somebody in them.
- *hysteresis*: as it was. *left out*: flow at the threshold that is best for the other scenes.

## Perfect tracks

{perfect}

## Tracks with an error of {noise:g} m in each position

{noisy}

The best threshold for all scenes together, with the error, is {best:g} m/s, and that is
`MOVES_MPS`; leaving one scene out gives {others}. The anonymizer takes {cpu}.
"""


class PlainIds(Secret):
    """Ids that are the tracker's numbers, so that each can be held against the truth."""

    def hash64(self, purpose: bytes, message: bytes) -> int:
        if purpose != b"identity":
            return super().hash64(purpose, message)
        number: int = struct.unpack(">QQ", message)[0]
        return number


class Hysteresis:
    """As it was: a standing person moves from 0.4 m/s, a moving one stands below 0.2 m/s, and a
    heading is kept until it is 10 degrees out of its sector."""

    def __init__(self) -> None:
        self.current: dict[int, int] = defaultdict(int)

    def update(self, id: int, vx_mps: float, vy_mps: float) -> int:
        """The direction of a person after one more tick."""
        current, speed_mps = self.current[id], math.hypot(vx_mps, vy_mps)
        angle, sector = math.atan2(vy_mps, vx_mps), math.pi / 4
        if speed_mps < (0.2 if current else 0.4):
            self.current[id] = 0
        elif not current or (
            abs(math.remainder(angle - (current - 1) * sector, math.tau))
            > sector / 2 + math.radians(10)
        ):
            self.current[id] = 1 + round(angle / sector) % 8
        return self.current[id]


@click.command()
@click.option("--output", default="docs/benchmarks/direction.md", type=click.Path(path_type=Path))
def main(output: Path) -> None:
    """Measure every scene and write the tables."""
    perfect, *_ = _table({name: _scene(*source) for name, source in SCENES.items()})
    scenes = {name: _scene(*source, noise_m=NOISE_M) for name, source in SCENES.items()}
    noisy, best_mps, left_out = _table(scenes)
    text = TEXT.format(
        perfect=perfect,
        noise=NOISE_M,
        noisy=noisy,
        best=best_mps,
        others=", ".join(f"{mps:g} without {name}" for name, mps in left_out.items()),
        cpu=_cpu(scenes["ETH"]),
    )
    click.echo(text)
    output.write_text(text, encoding="utf-8")


def _table(scenes: "dict[str, tuple[Frames, Stays]]") -> tuple[str, float, dict[str, float]]:
    """(table, best threshold, best threshold without each scene)."""
    before = {name: _measure(scene, hysteresis=True) for name, scene in scenes.items()}
    after = {
        name: {mps: _measure(scene, mps) for mps in THRESHOLDS_MPS}
        for name, scene in scenes.items()
    }

    def best(names: list[str]) -> float:
        return max(THRESHOLDS_MPS, key=lambda mps: np.mean([after[n][mps][1] for n in names]))

    left_out = {name: best([other for other in scenes if other != name]) for name in scenes}
    headings = [f"{mps:g} m/s: ticks | flow" for mps in THRESHOLDS_MPS]
    lines = [
        f"| scene | hysteresis: ticks | flow | {' | '.join(headings)} | left out |",
        "| --- |" + " --: |" * (3 + 2 * len(THRESHOLDS_MPS)),
    ]
    for name in scenes:
        figures = [*before[name], *(f for mps in THRESHOLDS_MPS for f in after[name][mps])]
        cells = [f"{figure:.1%}" for figure in (*figures, after[name][left_out[name]][1])]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines), best(list(scenes)), left_out


Frames = list[tuple[int, list[tuple[int, float, float, float, float]]]]


def _scene(file: str, format: str, longest_s: float, noise_m: float = 0.0) -> tuple[Frames, Stays]:
    """(frames with positions and velocities, true stays in the zones)."""
    tracks = load_trajectories(data_folder() / "data" / file, format)
    t_s = tracks.t_s - tracks.t_s[0]
    used = t_s <= longest_s
    tracks = Trajectories(t_s[used], tracks.id[used], tracks.x_m[used], tracks.y_m[used])
    random = np.random.default_rng(0)
    frames: dict[float, list[tuple[int, float, float, float, float]]] = defaultdict(list)
    before: dict[int, tuple[float, float, float]] = {}
    rows = zip(
        tracks.t_s.tolist(), tracks.id.tolist(), tracks.x_m.tolist(), tracks.y_m.tolist(),
        strict=True,
    )  # fmt: skip
    for t, id, true_x, true_y in rows:
        x, y = true_x + noise_m * random.normal(), true_y + noise_m * random.normal()
        t0, x0, y0 = before.get(id, (t - 1.0, x, y))
        if t <= t0:  # a file names somebody twice in a frame
            continue
        frames[t].append((id, x, y, (x - x0) / (t - t0), (y - y0) / (t - t0)))
        before[id] = (t, x, y)
    return [(START_S * S + round(t * S), frames[t]) for t in sorted(frames)], grid(tracks, 2, 2)


def _ticks(frames: Frames) -> list[AnonymousTick]:
    anonymizer = Anonymizer(AnonymizationSettings(), "lobby", PlainIds(), epoch_s=86400)
    ticks: list[AnonymousTick] = []
    for stamp_ns, people in frames:
        ids, x_m, y_m, vx_mps, vy_mps = (list(column) for column in zip(*people, strict=True))
        ticks += anonymizer.update(
            stamp_ns, [int(id) for id in ids], x_m, y_m, vx_mps, vy_mps, [0.5] * len(people)
        )
    return ticks + anonymizer.flush()


def _by_tick(frames: Frames) -> dict[int, dict[int, tuple[float, float, bool, int]]]:
    """Tick -> person -> mean velocity (m/s), and the octant of the true displacement in the tick,
    0 below ``STANDING_M``."""
    samples: dict[int, dict[int, list[tuple[float, ...]]]] = defaultdict(lambda: defaultdict(list))
    for stamp_ns, people in frames:
        for id, *row in people:
            samples[stamp_ns // S // TICK_S][id].append((stamp_ns / S, *row))
    ticks: dict[int, dict[int, tuple[float, float, bool, int]]] = {}
    for tick, people_of_tick in samples.items():
        ticks[tick] = {}
        for id, rows in people_of_tick.items():
            _, x0, y0, *_ = rows[0]
            _, x, y, *_ = rows[-1]
            moved = math.hypot(x - x0, y - y0) >= STANDING_M
            octant = 1 + round(math.atan2(y - y0, x - x0) / (math.pi / 4)) % 8 if moved else 0
            vx, vy = np.mean([row[3:] for row in rows], axis=0).tolist()
            ticks[tick][id] = (vx, vy, len(rows) > 1, octant)
    return ticks


def _measure(
    scene: tuple[Frames, Stays], moves_mps: float = 0.0, *, hysteresis: bool = False
) -> tuple[float, float]:
    """(share of equal ticks, flow accuracy) at one threshold, or as it was."""
    frames, stays = scene
    zones = zone_map(
        "lobby",
        {
            f"z{i}": ZoneSettings(polygon_m=[a, b, c, b, c, d, a, d])
            for i, (a, b, c, d) in enumerate(stays.boxes_m.tolist())
        },
    )
    with patch.object(quantization, "MOVES_MPS", moves_mps):
        ticks = _ticks(frames)
    truth, memory = _by_tick(frames), Hysteresis()
    settings = PrivacySettings(unit="person_window", max_cells=64, window_s=WINDOW_S)
    contributions = Contributions(settings, len(zones.names))
    scores: list[float] = []
    equal: list[bool] = []
    for number, tick in enumerate(ticks):
        true = truth.get(tick.tick, {})
        ids = tick.ids.tolist()
        direction = tick.direction
        if hysteresis:
            told = [memory.update(id, *true[id][:2]) for id in ids]
            direction = np.array(told, dtype=np.uint8)
        entered, last = zones.visited(tick)
        contributions.add(tick.tick, tick.ids, entered, last, direction)
        equal += [
            true[id][3] == d for id, d in zip(ids, direction.tolist(), strict=True) if true[id][2]
        ]
        end_s = (tick.tick + 1) * TICK_S - START_S
        if end_s % WINDOW_S == 0 or number == len(ticks) - 1:
            start_s = (end_s - 1) // WINDOW_S * WINDOW_S
            histogram = contributions.close_window()
            expected = votes(stays, start_s, start_s + WINDOW_S).histogram(stays.zones)
            for got, want in zip(histogram, expected, strict=True):
                if want.sum() and got.sum():
                    distance = np.abs(got / got.sum() - want / want.sum()).sum() / 2
                    scores.append(1 - float(distance))
    return float(np.mean(equal)), float(np.mean(scores))


def _cpu(scene: tuple[Frames, Stays]) -> str:
    """CPU of the anonymizer for each frame, us."""
    frames, _ = scene
    started_s = time.process_time()
    _ticks(frames)
    used_s = time.process_time() - started_s
    return f"{1e6 * used_s / len(frames):.0f} us a frame of ETH"


if __name__ == "__main__":
    main()
