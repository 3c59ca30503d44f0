# SPDX-License-Identifier: Apache-2.0
"""Closing a window: the same reports at both collectors, one noisy share of each, then the total.

Each collector keeps the output share of every report until the window closes. The leader proposes
the ids it has, the helper answers those that both have, and both close over exactly these: a report
that only one of them has costs that report, never the window. What ``close`` returns has to be
committed before it is told anybody, and the same bytes be told for ever: noise that is drawn again
can be averaged away.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from privcv_across.errors import MalformedShare, TooFewSites
from privcv_across.messages.basic import REPORT_ID_SIZE
from privcv_across.sealing.sum_task import SumTask
from privcv_across.totals.collector_noise import CollectorNoise
from privcv_across.transparency.merkle_tree import MerkleTree, leaf_hash


@dataclass(frozen=True)
class Close:
    """One collector's part of a total; nothing in it says what a site sent."""

    time: int
    """The window, in ``time_precision`` since 1970."""
    report_ids: tuple[bytes, ...]
    """In rising order."""
    noisy_share: bytes
    """Field elements: the sum of its output shares, and its noise."""

    @property
    def root(self) -> bytes:
        """Of the tree of ids: stands in the log, so that a device can see that it was counted."""
        tree = MerkleTree()
        for report_id in self.report_ids:
            tree.append(leaf_hash(report_id))
        return tree.root()


@dataclass(frozen=True)
class Total:
    """What a window of all sites comes to, with the noise of both collectors."""

    time: int
    sites: int
    counts: tuple[int, ...]
    """Of each cell; noise can make it negative, which is told as it is."""
    half_width: int
    """The true sum of a cell is within ± this with probability ``confidence``: of the noise of both
    collectors, and of the floor under each report."""
    confidence: float


def in_both(proposed: Iterable[bytes], held: Collection[bytes]) -> tuple[bytes, ...]:
    """The helper's answer to the ids that the leader proposed: those that it holds too, rising.

    Raises ``MalformedShare`` for what is no list of ids.
    """
    ids = list(proposed)
    if any(len(one) != REPORT_ID_SIZE for one in ids) or ids != sorted(set(ids)):
        raise MalformedShare("close: must list ids of reports in rising order, none twice")
    return tuple(one for one in ids if one in held)


def close(
    task: SumTask,
    noise: CollectorNoise,
    time: int,
    report_ids: tuple[bytes, ...],
    output_shares: Mapping[bytes, list[int]],
) -> Close:
    """Sum up the reports that both have, and add the whole noise, once.

    Raises ``TooFewSites``, and ``MalformedShare`` for ids that are none or are not held.
    """
    if in_both(report_ids, output_shares) != report_ids:
        raise MalformedShare("close: names reports that this collector does not have")
    least = task.configuration.min_batch_size
    if len(report_ids) < least:
        raise TooFewSites(f"close: {len(report_ids)} sites; the task asks for {least}")
    field, length = task.prio3.field, task.prio3.circuit.output_length
    total = [number % field.modulus for number in noise.draw(length)]
    for report_id in report_ids:
        total = task.prio3.aggregate(total, output_shares[report_id])
    return Close(time, report_ids, field.encode(total))


def combine(
    task: SumTask, noise: CollectorNoise, leader: Close, helper: Close, confidence: float = 0.9
) -> Total:
    """The total of both parts, without what the task's floor raised each report by.

    Raises ``MalformedShare`` where they are of different reports.
    """
    if (leader.time, leader.report_ids) != (helper.time, helper.report_ids):
        raise MalformedShare("close: the collectors closed over different reports")
    field = task.prio3.field
    elements = task.prio3.unshard([leader.noisy_share, helper.noisy_share])
    sites = len(leader.report_ids)
    raised = sites * task.floor.offset if task.floor else 0
    return Total(
        leader.time,
        sites,
        tuple(field.signed(element) - raised for element in elements),
        noise.half_width(confidence, task.floor, sites),
        confidence,
    )
