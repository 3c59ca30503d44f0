# SPDX-License-Identifier: Apache-2.0
"""A finding that lasts for a moment is recorded and shown; one that comes and goes fills no log."""

from privcv_compliance.graph.rules import Finding
from privcv_compliance.graph.seen_findings import APART_S, SHOWN_S, SeenFindings

A, B = (Finding("caller", "/service", node, f"{node} calls") for node in ("/a", "/b"))


def test_what_was_there_for_a_moment_is_recorded_and_shown() -> None:
    seen = SeenFindings()
    first = seen.note([A], 0.0)
    assert first is not None
    assert first.new == ("/a calls",)
    assert seen.note([B], 0.1) is None  # so soon after
    assert seen.note([], 0.2) is None
    second = seen.note([], APART_S)
    assert second is not None
    assert second.new == ("/b calls",)
    assert seen.shown == [A, B]
    seen.note([], SHOWN_S + 0.15)
    assert seen.shown == []


def test_who_comes_and_goes_ten_times_a_second_is_a_record_a_second_at_most() -> None:
    seen = SeenFindings()
    records = [seen.note([A] if number % 2 else [], number / 10) for number in range(100)]
    assert 0 < len([record for record in records if record is not None]) <= 10
