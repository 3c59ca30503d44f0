# SPDX-License-Identifier: Apache-2.0
"""What is withheld is suppressed with its reason, costs nothing, and holds nothing back later."""

from noise_doubles import Recorder
from tick_sequences import PLAIN, TICKS, aggregator, content, play, tick

from privcv_privacy.anonymous_tick import unobserved


def crowd(window: int) -> list:
    first = window * TICKS
    return [
        tick(first + i, [(1000 * window + j, j % 2, 1) for j in range(200)]) for i in range(TICKS)
    ]


def test_what_ends_while_withheld_is_suppressed_and_costs_nothing():
    noise = Recorder()
    device = aggregator(PLAIN, noise=noise)
    said = [content(one)["zones"][1] for one in play(device, crowd(0) + crowd(1))]
    drawn = len(noise.counts)
    device.withhold("fault")
    said += [content(one)["zones"][1] for one in play(device, crowd(2)[:1])]
    assert len(noise.counts) == drawn
    device.withhold(None)
    said += [content(one)["zones"][1] for one in play(device, crowd(2)[1:] + crowd(3)[:1])]
    reasons = [(zone["status"], zone["reason"], zone["epsilon"] > 0) for zone in said]
    published = ("published", "none", True)
    assert reasons == [published, ("suppressed", "fault", False), published]
    assert [zone["coverage"] for zone in said] == [1.0, 1.0, 1.0]  # the camera did look
    assert said[1]["occupancy"] == 0


def test_a_tick_that_is_not_to_be_seen_moves_time_and_lowers_the_coverage():
    device = aggregator(PLAIN, noise=Recorder())
    hidden = [unobserved(one) for one in crowd(0)[: TICKS // 4]]
    (release,) = play(device, hidden + crowd(0)[TICKS // 4 :] + crowd(1)[:1])
    zone = content(release)["zones"][1]
    assert (zone["status"], zone["coverage"]) == ("published", 0.75)
