# SPDX-License-Identifier: Apache-2.0
"""Times come back as they were written, in the text that files of every version have."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from privcv_core.protocol.timestamps import (
    from_ns,
    ns_from_s,
    parse_iso8601,
    parse_rfc3339,
    parse_rfc3339_whole,
    rfc3339,
    rfc3339_milli,
    rfc3339_whole,
    s_from_ns,
    to_ns,
)

MOMENTS = st.builds(
    lambda naive, hours: naive.replace(tzinfo=timezone(timedelta(hours=hours))),
    st.datetimes(datetime(1970, 1, 1), datetime(9998, 1, 1)),
    st.integers(-14, 14),
)


@given(MOMENTS)
@example(datetime(1970, 1, 1, tzinfo=timezone.utc))
def test_text_of_each_form(moment: datetime) -> None:
    """The oracle is strftime, which none of them uses."""
    utc = moment.astimezone(timezone.utc)
    whole = utc.strftime("%Y-%m-%dT%H:%M:%S")
    assert rfc3339_whole(moment) == f"{whole}Z"
    assert rfc3339_milli(moment) == f"{whole}.{utc.microsecond // 1000:03d}Z"
    micro = f".{utc.microsecond:06d}" if utc.microsecond else ""
    assert rfc3339(moment) == f"{whole}{micro}Z"


@given(MOMENTS)
def test_what_was_written_is_read(moment: datetime) -> None:
    assert parse_rfc3339(rfc3339(moment)) == moment
    assert parse_rfc3339_whole(rfc3339_whole(moment)) == moment.replace(microsecond=0)
    milli = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    assert parse_iso8601(rfc3339_milli(moment)) == milli
    assert parse_iso8601(moment.isoformat()) == moment


@given(MOMENTS)
def test_nanoseconds_are_exact(moment: datetime) -> None:
    """Also where a float of seconds has no digit left for a microsecond."""
    assert from_ns(to_ns(moment)) == moment
    assert from_ns(to_ns(moment) + 999) == moment
    assert to_ns(moment) % 1000 == 0


@given(st.integers(0, 2**31 * 1000))
def test_seconds_and_nanoseconds(time_ms: int) -> None:
    assert ns_from_s(s_from_ns(time_ms * 10**6)) // 10**6 in (time_ms, time_ms - 1)
    assert s_from_ns(time_ms * 10**6) == time_ms / 1000


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31T08:00:00",
        "2026-01-31T08:00:00+00:00",
        "2026-01-31 08:00:00Z",
        "2026-01-31T08:00:00.5Z",
        "2026-01-31T08:00:60Z",
        "2026-02-30T08:00:00Z",
        "2026-1-31T08:00:00Z",
        "２026-01-31T08:00:00Z",
        "",
    ],
)
def test_any_other_text_is_refused(text: str) -> None:
    for parse in (parse_rfc3339, parse_rfc3339_whole):
        with pytest.raises(ValueError, match=r".+"):
            parse(text)


def test_whole_seconds_have_no_decimals() -> None:
    with pytest.raises(ValueError, match="whole seconds"):
        parse_rfc3339_whole("2026-01-31T08:00:00.000000Z")
