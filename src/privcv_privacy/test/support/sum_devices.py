# SPDX-License-Identifier: Apache-2.0
"""A device that takes part in a sum over sites, and both collectors that look into its reports."""

from collections.abc import Sequence
from typing import Any

from sum_tasks import DEVICES, SEALS, logged, signed
from tick_sequences import QUIET, row_of_zones

from privcv_across.messages.basic import Role
from privcv_across.messages.report import Report
from privcv_across.noise.floor import Floor
from privcv_across.sealing.sealed_report import check_device, open_share
from privcv_across.task.task_folder import KeptTask
from privcv_core.protocol.secure_release import SecureRelease
from privcv_privacy.across.across_aggregator import AcrossAggregator
from privcv_privacy.across.joined_tasks import JoinedTask, JoinedTasks
from privcv_privacy.budget.accounting import MemoryLedger, Release
from privcv_privacy.settings import PrivacySettings

SETTINGS = PrivacySettings(
    window_s=300, k=1, shares=QUIET, across_share=0.5, identity_lifetime_s=3600
)
OF_2023: dict[str, Any] = {
    "cells": ["z0", "z1/standing", "z1/walking"],
    "begins": "2023-11-01T00:00:00Z",
    "expires": "2023-12-01T00:00:00Z",
}
VERIFY_KEY = bytes(32)


class NoFloor(Floor):
    """Blurs nothing: what is shared is the counts and the offset."""

    def draw(self, length: int) -> list[int]:
        return [0] * length


def kept(**changes: Any) -> KeptTask:
    """A task of November 2023, signed by both operators and in the log."""
    one = signed(**{**OF_2023, **changes})
    return KeptTask(one, logged(one.entry))


def joined(*tasks: KeptTask) -> JoinedTasks:
    """As one who asked nothing would have joined them."""
    found = [JoinedTask(one.signed.task, one.signed.task.sum_task()) for one in tasks]
    return JoinedTasks(tuple(found), (), DEVICES[0])


def device(
    *tasks: KeptTask,
    settings: PrivacySettings = SETTINGS,
    ledger: Any = None,
    cameras: Sequence[str] = ("lobby",),
    blurs: bool = False,
    **more: Any,
) -> AcrossAggregator:
    """A device with these cameras, each over zones z0 and z1."""
    made = AcrossAggregator(
        joined(*(tasks or (kept(),))),
        settings,
        {name: row_of_zones(name, 2) for name in cameras},
        MemoryLedger() if ledger is None else ledger,
        **more,
    )
    if not blurs:
        for one in made.sums:
            one._floor = NoFloor(one.task.task.floor_epsilon, one.task.task.noise.votes)
    return made


def reports(releases: Sequence[Release]) -> list[Report]:
    """The sealed reports among releases, in their order."""
    contents = [release.read_any() for release in releases]
    return [
        Report.decode(one.secure.report_bytes) for one in contents if isinstance(one, SecureRelease)
    ]


def opened(task: KeptTask, report: Report) -> tuple[int, list[int]]:
    """Number of the window and what was counted, as both collectors together would see it.

    Both verify the report, as they do before they count it.
    """
    sums = task.signed.task.sum_task()
    metadata, public = report.metadata, report.public_share
    check_device(sums, metadata, public)
    states, shares = [], []
    for who, (role, key) in enumerate(zip((Role.LEADER, Role.HELPER), SEALS, strict=True)):
        sealed = report.helper_share if who else report.leader_share
        share = open_share(sums, role, key, metadata, public, sealed)
        state, verifier = sums.prio3.verify_init(
            VERIFY_KEY, sums.context, who, metadata.report_id, public, share
        )
        states.append(state)
        shares.append(verifier)
    message = sums.prio3.verifier_message(sums.context, shares)
    outputs = [sums.prio3.verify_next(state, message) for state in states]
    cells = sums.prio3.unshard([sums.prio3.field.encode(output) for output in outputs])
    return metadata.time, [cell - task.signed.task.floor.offset for cell in cells]


def counted(task: KeptTask, releases: Sequence[Release]) -> list[tuple[int, list[int]]]:
    """What every report says, in order."""
    return [opened(task, one) for one in reports(releases)]
