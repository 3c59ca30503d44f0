# SPDX-License-Identifier: Apache-2.0
"""The one place where the privacy package turns its data into messages and back."""

from array import array
from collections.abc import Sequence

import numpy as np
from builtin_interfaces.msg import Time

from privcv_core.node.messages import RefusedMessage
from privcv_core.protocol.release import SEQUENCE_MAX
from privcv_core.protocol.release_message import UNITS
from privcv_core.protocol.stamp_message import time_message
from privcv_core.protocol.timestamps import parse_rfc3339_whole, to_ns
from privcv_msgs.msg import (
    AnonymousTrack,
    AnonymousTracks,
    DeliveryStatus,
    PrivacyBudget,
    Tracks,
    ZoneBudget,
)
from privcv_privacy.anonymous_tick import MAX_CELLS_EACH, AnonymousTick
from privcv_privacy.budget.ledger import Ledger
from privcv_privacy.settings import PrivacySettings

_LAST = AnonymousTrack.DIRECTION_SOUTH_EAST
_STATES = range(DeliveryStatus.STATE_IDLE, DeliveryStatus.STATE_BLOCKED + 1)


def anonymous_tracks_message(tick: AnonymousTick) -> AnonymousTracks:
    """An ``AnonymousTick`` as its message."""
    return AnonymousTracks(
        camera=tick.camera,
        tick=tick.tick,
        tick_s=tick.tick_s,
        observed_percent=tick.observed_percent,
        epoch_s=tick.epoch_s,
        generation=tick.generation,
        tracks=[
            AnonymousTrack(
                id=id, cells=cells, last=last, size=size, direction=direction, crossed=crossed
            )
            for id, cells, last, size, direction, crossed in zip(
                tick.ids.tolist(),
                tick.cells.tolist(),
                tick.last.tolist(),
                tick.size.tolist(),
                tick.direction.tolist(),
                tick.crossed.tolist(),
                strict=True,
            )
        ],
        cell_x=array("h", tick.cell_xy[:, 0].tobytes()),
        cell_y=array("h", tick.cell_xy[:, 1].tobytes()),
    )


def anonymous_tick(message: AnonymousTracks) -> AnonymousTick:
    """The inverse of ``anonymous_tracks_message``."""
    tracks = message.tracks
    return AnonymousTick(
        camera=message.camera,
        tick=message.tick,
        tick_s=message.tick_s,
        observed_percent=message.observed_percent,
        ids=np.array([track.id for track in tracks], dtype=np.uint64),
        cells=np.array([track.cells for track in tracks], dtype=np.uint8),
        last=np.array([track.last for track in tracks], dtype=np.uint8),
        cell_xy=np.stack([message.cell_x, message.cell_y], axis=1).astype(np.int16),
        size=np.array([track.size for track in tracks], dtype=np.uint8),
        direction=np.array([track.direction for track in tracks], dtype=np.uint8),
        crossed=np.array([track.crossed for track in tracks], dtype=np.uint32),
        epoch_s=message.epoch_s,
        generation=message.generation,
    )


def check_anonymous_tracks(message: AnonymousTracks, camera: str, lines: int = 0) -> None:
    """Raise ``RefusedMessage`` for what no anonymization of ``camera``, with ``lines``, states."""
    ids = {track.id for track in message.tracks}
    cells = sum(track.cells for track in message.tracks)
    wrong = (
        "of another camera"
        if message.camera != camera
        else "observed_percent above 100"
        if message.observed_percent > 100
        else "an identity twice"
        if len(ids) < len(message.tracks)
        else "a size or a direction that is none"
        if any(t.size > AnonymousTrack.SIZE_LARGE or t.direction > _LAST for t in message.tracks)
        else "a line crossed that is none"
        if any(track.crossed >> (2 * lines) for track in message.tracks)
        else "a person without a cell, or with too many"
        if any(not 1 <= track.cells <= MAX_CELLS_EACH for track in message.tracks)
        else "a last cell that is none of the person's"
        if any(track.last >= track.cells for track in message.tracks)
        else "lists of cells that are not as long as their people say"
        if not cells == len(message.cell_x) == len(message.cell_y)
        else "cells of a person that are not sorted, or given twice"
        if not _sorted(message)
        else ""
    )
    if wrong:
        raise RefusedMessage(f"{camera}/anonymous_tracks: {wrong}")


def _sorted(message: AnonymousTracks) -> bool:
    """Whether the cells of each person are distinct and sorted by x, then y."""
    x, y = (np.asarray(cells, dtype=np.int64) for cells in (message.cell_x, message.cell_y))
    steps = np.diff(x * 2**17 + y)
    ends = np.cumsum([track.cells for track in message.tracks], dtype=np.int64)[:-1]
    steps[ends - 1] = 1  # from one person to the next
    return bool((steps > 0).all())


def check_tracks(message: Tracks, camera: str) -> None:
    """Raise ``RefusedMessage`` for what no tracking of ``camera`` states."""
    of_people = (message.id, message.x_m, message.y_m, message.vx_mps, message.vy_mps)
    if message.camera != camera:
        raise RefusedMessage(f"{camera}/tracks: of another camera")
    if message.stamp.sec < 0:
        raise RefusedMessage(f"{camera}/tracks: a negative time")
    if len({len(values) for values in (*of_people, message.width_m)}) > 1:
        raise RefusedMessage(f"{camera}/tracks: lists of different lengths")


def check_delivery_status(message: DeliveryStatus) -> None:
    """Raise ``RefusedMessage`` for what no uplink states."""
    if message.state not in _STATES or message.accepted_through > SEQUENCE_MAX:
        raise RefusedMessage("delivery_status: a state or a number that is none")


def budget_message(
    ledger: Ledger, settings: PrivacySettings, *, exhausted: bool, ended: Sequence[str] = ()
) -> PrivacyBudget:
    """The budget of the latest day that ``ledger`` knows of.

    ``ended``: the cameras whose source, a file or a bag, has ended.
    """
    costs = ledger.costs()
    day = max((cost.day for cost in costs), default="")
    start = parse_rfc3339_whole(f"{day}T00:00:00Z") if day else None
    budgets = ledger.budgets(settings.identity_lifetime_s)
    return PrivacyBudget(
        day_start=time_message(to_ns(start)) if start else Time(),
        epsilon_total=settings.epsilon,
        epsilon_spent=max((budget.epsilon_spent for budget in budgets), default=0.0),
        delta_total=settings.counts_delta,
        delta_spent=max((budget.delta_spent for budget in budgets), default=0.0),
        unit=UNITS[settings.unit],
        exhausted=exhausted,
        cameras_ended=list(ended)[:64],
        zones=[
            ZoneBudget(
                camera=cost.camera,
                zone=cost.zone,
                epsilon_spent=cost.epsilon,
                released=cost.released,
                suppressed=cost.suppressed,
            )
            for cost in costs
            if cost.day == day
        ][:64],
    )
