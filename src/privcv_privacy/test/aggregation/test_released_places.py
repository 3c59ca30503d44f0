# SPDX-License-Identifier: Apache-2.0
"""A site that releases what it has no place for is told so, with the fix."""

import pytest

from privcv_core.errors import SettingsError
from privcv_core.settings.model import parse_settings
from privcv_privacy.aggregation.settings import AggregationSettings

SQUARE = [0, 0, 4, 0, 4, 4, 0, 4]


def read(release, zone=None, lines=None):
    camera = {"zones": {"till": zone or {"polygon_m": SQUARE}}, "lines": lines or {}}
    given = {"cameras": {"lobby": camera}, "ledger": "/tmp/ledger.db", "release": release}
    return parse_settings(AggregationSettings, given, where="site.yaml")


def test_entries_need_a_line():
    with pytest.raises(SettingsError, match=r"site.yaml: .*no camera has lines: add one"):
        read(["entries"])
    read(["entries"], lines={"door": [0, 0, 2, 0]})


@pytest.mark.parametrize(
    ("release", "add"),
    [
        (["visitors"], "dwell and presence"),
        (["presence"], "dwell"),
        (["dwell", "visitors"], "presence"),
    ],
)
def test_a_queue_needs_presence_and_dwell(release, add):
    queue = {"polygon_m": SQUARE, "queue": True}
    with pytest.raises(SettingsError, match=rf"'lobby': zone 'till' .*: add {add} to privacy.rel"):
        read(release, queue)
    assert read(["presence", "dwell"], queue).cameras["lobby"].zones["till"].queue
