# SPDX-License-Identifier: Apache-2.0
"""One random schedule of faults: plain data, the same for the same seed."""

import random
from dataclasses import dataclass

REQUEST_FAULTS = (
    "drop request",
    "drop response",
    "stall before",
    "stall after",
    "reset before",
    "reset after",
    "truncate request",
    "truncate response",
    "replay",
    "page before",
    "page after",
)
"""What the proxy does to one request. 'After' is after the collector has stored it; a page is that
of somebody on the way, who answers in the collector's place."""

PAGES = (200, 302, 401, 403, 404, 407, 409, 413, 422, 429, 451, 502, 511)
"""Statuses of such pages."""

LIMITS_BYTES = (None, None, None, 600, 1200, 3000)
"""Largest body that the proxy lets pass; none, one that not even one release fits, or batches."""

WAYS = ("file", "pooler", "broker")
"""To a collector on a SQLite file, to one on PostgreSQL behind a pooler, to a broker of MQTT."""

PACKETS_BYTES = (500.0, 1400.0, 3000.0)
"""Largest packet that the broker takes for a while: less than a release has, or than a batch."""

CLOCK_JUMPS_S = (-56 * 365 * 86400, -86400, -3600, -30, 30, 3600, 40 * 86400, 40 * 365 * 86400)


@dataclass(frozen=True)
class Event:
    """Something that happens ``at_s`` after the start; ``value`` is its duration or jump, s."""

    at_s: float
    kind: str
    value: float = 0.0


@dataclass(frozen=True)
class Schedule:
    """What happens to one device. Release ``n`` is made ``made_at_s[n - 1]`` after the start."""

    number: int
    way: str
    made_at_s: tuple[float, ...]
    events: tuple[Event, ...]
    fault_share: float
    limit_bytes: int | None
    batch_releases: int
    lasts_s: float


def draw(seed: int, number: int) -> Schedule:
    """Schedule ``number`` of a run."""
    rng = random.Random(f"{seed}:{number}")
    way = rng.choices(WAYS, (5, 3, 2))[0]
    lasts_s = rng.uniform(1.0, 3.5)
    events: list[Event] = []

    def add(kind: str, chance: float, at_most: int = 1, values: tuple[float, ...] = (0.0,)) -> None:
        for _ in range(at_most):
            if rng.random() < chance:
                events.append(Event(rng.uniform(0.0, lasts_s), kind, rng.choice(values)))

    add("kill uplink", 0.45, at_most=3)
    add("stop uplink", 0.2)
    add("kill collector", 0.06)
    add("uplink disk full", 0.3, at_most=2, values=(0.1, 0.3, 0.6))
    add("collector disk full", 0.04, values=(0.1, 0.3))
    add("clock jump", 0.3, at_most=2, values=CLOCK_JUMPS_S)
    add("rotate key", 0.25)
    if way == "broker":
        add("broker forgets", 0.1)
        add("broker packet limit", 0.2, values=PACKETS_BYTES)
    else:
        add("renew certificate", 0.15)
        add("collector clock step", 0.08, values=CLOCK_JUMPS_S)
    if way == "pooler":
        add("kill pooler", 0.1)
        add("crash database", 0.05)
    return Schedule(
        number=number,
        way=way,
        made_at_s=tuple(sorted(rng.uniform(0.0, lasts_s) for _ in range(rng.randint(3, 12)))),
        events=tuple(sorted(events, key=lambda event: event.at_s)),
        fault_share=rng.choice((0.0, 0.3, 0.5, 0.8)),
        limit_bytes=rng.choice(LIMITS_BYTES),
        batch_releases=rng.choice((1, 1, 2, 4, 60)),
        lasts_s=lasts_s,
    )
