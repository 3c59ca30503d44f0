# SPDX-License-Identifier: Apache-2.0
"""Scores of tracked boxes against ground truth: CLEAR MOT, IDF1, HOTA, and errors of counts.

Written from the papers (Bernardin & Stiefelhagen 2008; Ristani et al. 2016; Luiten et al. 2021) and
checked against py-motmetrics and TrackEval, see docs/benchmarks/perception.md. Boxes are
x, y, width, height; a sequence is a list with one (ids, boxes) pair per frame.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

Frame = tuple[NDArray[np.int64], NDArray[np.float64]]
HOTA_IOUS = np.arange(0.05, 0.99, 0.05)


@dataclass(frozen=True)
class Scores:
    """Shares are of 1; ``count_error`` is people per frame, ``unique_error`` relative."""

    mota: float
    idf1: float
    hota: float
    misses: int
    false_positives: int
    switches: int
    precision: float
    recall: float
    mean_iou: float
    count_error: float
    unique_error: float
    tracks: int


def score(truth: Sequence[Frame], found: Sequence[Frame], unique_window: int = 50) -> Scores:
    """Compare ``found`` with ``truth``, frame by frame, at an IoU of 0.5 (HOTA: 0.05 to 0.95).

    ``unique_window``: frames of the windows, end to end, in which distinct ids are counted.
    """
    ious = [overlap(gt[1], out[1]) for gt, out in zip(truth, found, strict=True)]
    matched, switches, total_iou = _clear(truth, found, ious)
    boxes = sum(len(gt[0]) for gt in truth)
    claims = sum(len(out[0]) for out in found)
    counts = [abs(len(gt[0]) - len(out[0])) for gt, out in zip(truth, found, strict=True)]
    unique = []
    for start in range(0, len(truth), unique_window):
        real = {int(i) for gt in truth[start : start + unique_window] for i in gt[0]}
        claimed = {int(i) for out in found[start : start + unique_window] for i in out[0]}
        if real:
            unique.append(abs(len(claimed) - len(real)) / len(real))
    return Scores(
        mota=1 - (boxes - matched + claims - matched + switches) / boxes,
        idf1=_idf1(truth, found, ious),
        hota=_hota(truth, found, ious),
        misses=boxes - matched,
        false_positives=claims - matched,
        switches=switches,
        precision=matched / max(claims, 1),
        recall=matched / boxes,
        mean_iou=total_iou / max(matched, 1),
        count_error=float(np.mean(counts)),
        unique_error=float(np.mean(unique)),
        tracks=len({int(i) for out in found for i in out[0]}),
    )


def overlap(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union, (n, m), of (n, 4) and (m, 4) boxes."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum((a[:, :2] + a[:, 2:])[:, None], (b[:, :2] + b[:, 2:])[None])
    common = np.clip(high - low, 0, None).prod(axis=2)
    union = a[:, 2:].prod(axis=1)[:, None] + b[:, 2:].prod(axis=1)[None] - common
    return np.asarray(common / union)


def _clear(
    truth: Sequence[Frame], found: Sequence[Frame], ious: list[NDArray[np.float64]]
) -> tuple[int, int, float]:
    """Matches, identity switches, summed IoU; a pair of the frame before is kept where it can."""
    last: dict[int, int] = {}
    matched = switches = 0
    total = 0.0
    for (real, _), (claimed, _), iou in zip(truth, found, ious, strict=True):
        value = np.where(iou >= 0.5, iou, 0.0)
        kept = np.array([[last.get(int(r)) == int(c) for c in claimed] for r in real], dtype=bool)
        gain = value + 1000 * (kept.reshape(value.shape) & (value > 0))
        rows, columns = linear_sum_assignment(-gain)
        for row, column in zip(rows, columns, strict=True):
            if value[row, column] > 0:
                person, claim = int(real[row]), int(claimed[column])
                switches += last.get(person, claim) != claim
                last[person] = claim
                matched += 1
                total += float(iou[row, column])
    return matched, switches, total


def _idf1(truth: Sequence[Frame], found: Sequence[Frame], ious: list[NDArray[np.float64]]) -> float:
    real, claimed = _numbering(truth), _numbering(found)
    together = np.zeros((len(real), len(claimed)))
    for (people, _), (claims, _), iou in zip(truth, found, ious, strict=True):
        for row, column in zip(*np.nonzero(iou >= 0.5), strict=True):
            together[real[int(people[row])], claimed[int(claims[column])]] += 1
    rows, columns = linear_sum_assignment(-together)
    boxes = sum(len(f[0]) for f in truth) + sum(len(f[0]) for f in found)
    return float(2 * together[rows, columns].sum() / boxes)


def _hota(truth: Sequence[Frame], found: Sequence[Frame], ious: list[NDArray[np.float64]]) -> float:
    real, claimed = _numbering(truth), _numbering(found)
    real_count, claimed_count = np.zeros((len(real), 1)), np.zeros((1, len(claimed)))
    potential = np.zeros((len(real), len(claimed)))
    index = []
    for (people, _), (claims, _), iou in zip(truth, found, ious, strict=True):
        r = np.array([real[int(i)] for i in people], dtype=int)
        c = np.array([claimed[int(i)] for i in claims], dtype=int)
        index.append((r, c))
        real_count[r, 0] += 1
        claimed_count[0, c] += 1
        either = iou.sum(axis=0)[None] + iou.sum(axis=1)[:, None] - iou
        potential[np.ix_(r, c)] += np.divide(iou, either, out=np.zeros_like(iou), where=either > 0)
    alignment = potential / (real_count + claimed_count - potential)
    results = []
    pairs = [np.zeros_like(potential) for _ in HOTA_IOUS]
    for (r, c), iou in zip(index, ious, strict=True):
        rows, columns = linear_sum_assignment(-alignment[np.ix_(r, c)] * iou)
        for pair, threshold in zip(pairs, HOTA_IOUS, strict=True):
            good = iou[rows, columns] >= threshold - 1e-12
            pair[r[rows[good]], c[columns[good]]] += 1
    for pair in pairs:
        hits = pair.sum()
        association = (pair * pair / np.maximum(real_count + claimed_count - pair, 1)).sum()
        results.append(np.sqrt(association / (real_count.sum() + claimed_count.sum() - hits)))
    return float(np.mean(results))


def _numbering(frames: Sequence[Frame]) -> dict[int, int]:
    return {i: n for n, i in enumerate(sorted({int(i) for ids, _ in frames for i in ids}))}
