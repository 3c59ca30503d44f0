# SPDX-License-Identifier: Apache-2.0
"""A finding that lasts for a moment is recorded and shown; one that comes and goes fills no log."""

from privcv_compliance.graph.rules import Finding
from privcv_compliance.graph.seen_findings import (
    APART_S,
    MOST_NAMED,
    NAMED_IN_S,
    SHOWN_S,
    SeenFindings,
)

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


def test_who_makes_up_names_without_end_fills_no_log_and_hides_nobody_who_stays() -> None:
    seen = SeenFindings()
    named: dict[str, int] = {}
    unnamed = 0
    for second in range(1, 301):
        made_up = [Finding("caller", "/s", f"/x{second}.{n}", f"{second}.{n}") for n in range(100)]
        record = seen.note([*made_up, *([A] if second > 10 else [])], float(second))
        assert record is not None
        unnamed += record.unnamed
        for name in record.new:
            named.setdefault(name, second)
    assert len(named) <= 300 / NAMED_IN_S * MOST_NAMED
    assert unnamed > 20_000
    assert named[str(A)] <= 10 + NAMED_IN_S
    for second in range(301, 500):  # they are gone: what stays is what was said
        record = seen.note([A], float(second))
        assert record is None or A.what not in record.new


def test_a_crowd_of_one_kind_hides_nobody_of_another() -> None:
    crowd = [Finding("listener", "/t", f"/n{n}", f"/n{n} listens") for n in range(MOST_NAMED + 9)]
    seen = SeenFindings()
    first = seen.note(crowd, 0.0)
    assert first is not None
    assert (len(first.new), first.unnamed) == (MOST_NAMED, 9)
    second = seen.note([*crowd, A], APART_S)  # there for a moment, in the same minute
    assert second is not None
    assert (second.new, second.unnamed) == ((str(A),), 9)


def test_what_was_not_named_at_once_is_named_while_it_stays() -> None:
    seen = SeenFindings()
    many = [Finding("caller", "/s", f"/{n}", f"{n}") for n in range(MOST_NAMED + 5)]
    records = [seen.note(many, float(second)) for second in range(100)]
    made = [record for record in records if record is not None]
    assert [(len(record.new), record.unnamed) for record in made] == [(MOST_NAMED, 5), (5, 0)]
    assert {name for record in made for name in record.new} == set(map(str, many))
