# SPDX-License-Identifier: Apache-2.0
"""A face that is found before and after is hidden in between, wherever it went."""

from privcv_images.hiding.found import Found
from privcv_images.hiding.other_gaps import fill_others
from privcv_images.redactions.redaction import Region
from privcv_perception.detection.detector import Detections

SIZE_PX = 20


def face(index: int, kind: str = "face") -> Region:
    """It goes 6 px to the right and 2 px down a frame."""
    left, top = 100 + 6 * index, 50 + 2 * index
    return Region(kind, left, top, left + SIZE_PX, top + SIZE_PX)


def frames(there, kind="face", count: int = 30) -> list[Found]:
    return [
        Found(index / 10, Detections.empty(), (face(index, kind),) if index in there else ())
        for index in range(count)
    ]


def hides(regions, truth: Region) -> bool:
    return any(
        r.left <= truth.left and r.top <= truth.top
        and r.right >= truth.right and r.bottom >= truth.bottom
        for r in regions
    )  # fmt: skip


def test_a_gap_is_crossed_in_a_straight_line_and_ends_are_held() -> None:
    there = [10, 11, 14, 15, 17]
    filled = fill_others(frames(there), 1.0, 0.3)
    assert all(hides(filled[index], face(index)) for index in range(10, 18))
    assert [bool(regions) for regions in filled] == [7 <= index <= 20 for index in range(30)]
    assert filled[7] == (face(10),)
    assert filled[20] == (face(17),)


def test_a_gap_that_is_too_long_is_two_faces() -> None:
    filled = fill_others(frames([5, 20]), 1.0, 0.2)
    there = [index for index, regions in enumerate(filled) if regions]
    assert there == [*range(3, 8), *range(18, 23)]


def test_what_is_of_another_kind_or_far_is_not_continued() -> None:
    found = frames([5])
    far = Region("face", 400, 300, 420, 320)
    found[8] = Found(0.8, Detections.empty(), (face(8, "plate"), far))
    filled = fill_others(found, 1.0, 0.0)
    assert [index for index, regions in enumerate(filled) if regions] == [5, 8]


def test_two_that_cross_keep_one_region_each() -> None:
    other = Region("face", 100, 200, 120, 220)
    found = [Found(one.stamp_s, one.people, (*one.others, other)) for one in frames(range(30))]
    found[12] = Found(1.2, Detections.empty())
    filled = fill_others(found, 1.0, 0.3)
    assert len(filled[12]) == 2
    assert hides(filled[12], face(12))
    assert hides(filled[12], other)


def test_who_walks_by_between_two_looks_is_hidden_all_the_way() -> None:
    """A face of 20 px that goes 1.4 m in a second, looked for every 0.3 s."""

    def walking(index: int) -> Region:
        left = 40 + round(1.4 / 0.16 * SIZE_PX * index / 10)
        return Region("face", left, 50, left + SIZE_PX, 70)

    found = [
        Found(index / 10, Detections.empty(), (walking(index),) if index % 3 == 0 else ())
        for index in range(13)
    ]
    filled = fill_others(found, 1.0, 0.3)
    assert all(hides(filled[index], walking(index)) for index in range(13))
