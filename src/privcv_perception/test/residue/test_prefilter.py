# SPDX-License-Identifier: Apache-2.0
"""No needle that is in a text is missed, wherever it lies, and few others are suspected."""

import random

import pytest

from privcv_perception.residue.prefilter import Prefilter


@pytest.mark.parametrize("place", range(9))
@pytest.mark.parametrize("length", [3, 7, 8, 48])
def test_a_needle_is_a_candidate_wherever_it_lies(place: int, length: int) -> None:
    chance = random.Random(place)
    needles = [chance.randbytes(length) for _ in range(50)]
    prefilter = Prefilter(needles)
    for number, needle in enumerate(needles):
        for after in range(5):
            assert number in prefilter.candidates(bytes(place) + needle + bytes(after))


def test_half_of_a_needle_or_none_is_no_candidate() -> None:
    chance = random.Random(1)
    needles = [chance.randbytes(48) for _ in range(100)]
    prefilter = Prefilter(needles)
    assert prefilter.candidates(b"") == prefilter.candidates(bytes(10_000)) == []
    assert len(prefilter.candidates(chance.randbytes(2**20))) < 10


def test_counts_are_those_of_a_plain_search() -> None:
    """Of repeated, overlapping and monotonous needles, in a text made of them."""
    chance = random.Random(2)
    needles = [b"ab" * 8, b"\0" * 16, b"\0\0\x80\x42" * 4, chance.randbytes(20)]
    prefilter = Prefilter(needles)
    for _ in range(200):
        pieces = chance.choices([*needles, b"x", b"\0", b"ab"], k=chance.randrange(6))
        text = b"".join(pieces)
        there = [number for number, needle in enumerate(needles) if needle in text]
        assert set(there) <= set(prefilter.candidates(text))
