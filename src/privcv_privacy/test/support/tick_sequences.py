# SPDX-License-Identifier: Apache-2.0
"""Ticks for tests of the aggregation: who is where at which tick, and what is released."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from anonymous_ticks import tick_in_cells
from noise_doubles import Recorder

from privcv_privacy.aggregation.aggregator import Aggregator
from privcv_privacy.aggregation.zone_settings import ZoneSettings
from privcv_privacy.aggregation.zones import ZoneMap, zone_map
from privcv_privacy.anonymous_tick import TICK_S, AnonymousTick
from privcv_privacy.budget.accounting import MemoryLedger, Release
from privcv_privacy.settings import BudgetShares, PrivacySettings

START = 340_000_000  # a tick of 2023, at the start of an hour and of its minute
START -= START % (86400 // TICK_S)

Person = tuple[int, int | Sequence[int], int]  # id, zone or zones in order, direction


def row_of_zones(camera: str, count: int, lines: Sequence[str] = ()) -> ZoneMap:
    """``count`` zones of 4 m x 4 m in a row, so that cell (8 z + 3, 3) lies in zone z."""
    zones = {
        f"z{i}": ZoneSettings(polygon_m=[4 * i, 0, 4 * i + 4, 0, 4 * i + 4, 4, 4 * i, 4])
        for i in range(count)
    }
    return zone_map(camera, zones, lines=lines)


def tick(
    number: int,
    people: Sequence[Person],
    camera: str = "lobby",
    seen: int = 100,
    epoch_s: int = 0,
    crossed: Mapping[int, int] = MappingProxyType({}),
) -> AnonymousTick:
    """``people`` under ``camera``, ``number`` ticks after START; the last zone is the last cell."""
    paths = [
        (id, [(8 * zone + 3, 3) for zone in ([zones] if isinstance(zones, int) else zones)], way)
        for id, zones, way in people
    ]
    return tick_in_cells(camera, START + number, paths, seen=seen, epoch_s=epoch_s, crossed=crossed)


def play(aggregator: Aggregator, ticks: Iterable[AnonymousTick]) -> list[Release]:
    """All releases that ``ticks`` lead to, taken as of identities of the aggregator's unit."""
    epoch_s = aggregator.settings.epoch_s
    return [
        release for one in ticks for release in aggregator.on_tick(replace(one, epoch_s=epoch_s))
    ]


def aggregator(
    settings: PrivacySettings, zones: int = 2, lines: Sequence[str] = (), **options: Any
) -> Aggregator:
    """An aggregator of one camera, ``lobby``, with a row of zones, and ``lines`` by name."""
    options.setdefault("ledger", MemoryLedger())
    return Aggregator(settings, {"lobby": row_of_zones("lobby", zones, lines)}, **options)


def content(release: Release) -> dict[str, Any]:
    """What a release says."""
    decoded: dict[str, Any] = json.loads(release.payload)
    return decoded


QUIET = BudgetShares(counts=0.85, dwell=0.0, bias=0.0)
PLAIN = PrivacySettings(window_s=20, k=1, shares=QUIET, dwell_period_s=60)
TICKS = 4  # in a window of PLAIN


def run(
    ticks: Iterable[AnonymousTick],
    options: PrivacySettings = PLAIN,
    zones: int = 2,
    **more: Any,
) -> tuple[list[Release], Recorder, Aggregator]:
    """Play ``ticks`` to an aggregator without noise: releases, true counts, the aggregator."""
    recorder = Recorder()
    device = aggregator(options, zones, noise=recorder, **more)
    return play(device, ticks), recorder, device
