# SPDX-License-Identifier: Apache-2.0
"""Sealed shares are a kind of release of their own, told apart by their first bytes."""

import base64
import os

import pytest
import rfc8785

from privcv_core.protocol.errors import ReleaseError
from privcv_core.protocol.release import Release
from privcv_core.protocol.secure_release import (
    BEGINNINGS,
    LONGEST_REPORT,
    SecureRelease,
    is_secure,
    read_any_release,
)

TASK = bytes(range(32))
REPORT = bytes(range(200))


def content(**changes):
    shares = {"report": base64.urlsafe_b64encode(REPORT).rstrip(b"=").decode(), "task": TASK.hex()}
    return {"sequence": 7, "secure": shares | changes}


def test_its_bytes_are_canonical_and_come_back():
    release = SecureRelease.of(7, TASK, REPORT)
    assert release.canonical() == rfc8785.dumps(content())
    again = read_any_release(release.canonical())
    assert isinstance(again, SecureRelease)
    assert again.secure.report_bytes == REPORT
    assert again == release


def test_each_kind_begins_as_no_other(release):
    counts = Release.model_validate(release(3)).canonical()
    secure = SecureRelease.of(7, TASK, REPORT).canonical()
    assert isinstance(read_any_release(counts), Release)
    assert (is_secure(counts), is_secure(secure)) == (False, True)
    body = b'{"dropped":0,"releases":[' + b",".join([counts, secure, secure, counts]) + b"]}"
    assert sum(body.count(begin) for begin in BEGINNINGS) == 4


@pytest.mark.parametrize(
    "changed",
    [
        {**content(), "sequence": 0},
        {**content(), "sequence": True},
        {**content(), "zones": []},
        {"sequence": 7, "secure": None},
        {"secure": content()["secure"]},
        content(task=TASK.hex().upper()),
        content(task=TASK.hex()[2:]),
        content(task=7),
        content(report=""),
        content(report="AB"),  # two spellings of one byte: only the other is taken
        content(report="AA=="),
        content(report="A A"),
        content(report="+/+/"),
        content(report="A" * (4 * LONGEST_REPORT // 3 + 4)),
        content(image="x"),
    ],
)
def test_anything_else_is_refused_in_words(changed):
    with pytest.raises(ReleaseError, match="release: "):
        read_any_release(rfc8785.dumps(changed))


def test_a_collector_of_before_refuses_it_by_its_schema():
    with pytest.raises(ValueError, match="secure"):
        Release.model_validate(content())


def test_the_longest_one_is_taken_and_no_longer_one():
    SecureRelease.of(1, TASK, os.urandom(LONGEST_REPORT))
    with pytest.raises(ReleaseError):
        SecureRelease.of(1, TASK, os.urandom(LONGEST_REPORT + 1))
