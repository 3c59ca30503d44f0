# SPDX-License-Identifier: Apache-2.0
"""A device takes part only in what nothing speaks against, and says in words what does."""

from pathlib import Path
from typing import Any

import pytest
from sum_devices import SETTINGS, kept
from sum_tasks import DEVICES, HELPER, LEADER, POLICY, WITNESS, key, logged

from privcv_across.task.task_folder import KeptTask, keep_task
from privcv_core.files.atomic_file import write_new
from privcv_core.protocol import base64url
from privcv_privacy.across.joined_tasks import JoinedTasks, join_tasks
from privcv_privacy.across_settings import AcrossSettings
from privcv_privacy.settings import PrivacySettings

ZONES = ("z0", "z1", "desk")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_new(tmp_path / "key", base64url.encode(DEVICES[0].secret), mode=0o600)
    (tmp_path / "policy").write_text(POLICY)
    return tmp_path


def joining(folder: Path, *tasks: KeptTask, privacy: Any = SETTINGS, **changes: Any) -> JoinedTasks:
    given = {"leaders": [LEADER.public], "helpers": [HELPER.public], "policy": folder / "policy"}
    for one in tasks:
        keep_task(folder, one)
    return join_tasks(AcrossSettings(**{**given, **changes}), privacy, folder, ZONES)


def test_a_task_that_nothing_speaks_against_is_joined(folder: Path) -> None:
    found = joining(folder, kept())
    assert [one.task for one in found.tasks] == [kept().signed.task]
    assert (found.refused, found.key) == ((), DEVICES[0])


def test_without_a_task_nothing_is_asked_for(tmp_path: Path) -> None:
    assert joining(tmp_path / "none") == JoinedTasks()


@pytest.mark.parametrize(
    ("task", "changes", "words"),
    [
        ({}, {"leaders": [key(9).public]}, "leader.operator: "),
        ({}, {"helpers": [LEADER.public]}, "helper.operator: "),
        ({"helper__operator__name": "The leader's operator"}, {}, "have one operator"),
        ({}, {"min_sites": 6}, "min_sites: 5"),
        ({"floor_epsilon": 9.0}, {}, "floor_epsilon: 9"),
        ({"noise__votes": 2}, {}, "noise.votes: 2"),
        ({"noise__epsilon": 0.51}, {}, "noise.epsilon: 0.51; the ledger has 0.5"),
        ({"roster": [one.public for one in DEVICES[1:]]}, {}, "roster: does not name this device"),
        ({"cells": ["attic", "cellar", "hall"]}, {}, "cells: none is of a zone"),
        ({"cells": ["z0", "z0/walking", "z1"]}, {}, "count the same"),
        ({"cells": ["z0", "z0/flying", "z1"]}, {}, "behind / none of standing"),
        (
            {"vdaf__parameters": {"length": 3, "max_value": 24, "chunk_length": 4}}, {},
            "leaves no room for a visit",
        ),
        (
            {"vdaf": {"id": 4, "version": 18, "parameters": {"length": 3, "chunk_length": 2}}}, {},
            "counts are shared with SumVec, L1BoundSum",
        ),
    ],
)  # fmt: skip
def test_what_speaks_against_it_is_said_in_words(
    folder: Path, task: dict[str, Any], changes: dict[str, Any], words: str
) -> None:
    found = joining(folder, kept(**task), **changes)
    assert found.tasks == ()
    (refused,) = found.refused
    assert words in refused
    assert refused.startswith(f"task {kept(**task).name[:16]}: ")


def test_a_site_that_gives_nothing_takes_part_in_nothing(folder: Path) -> None:
    (refused,) = joining(folder, kept(), privacy=PrivacySettings()).refused
    assert "privacy.across_share: is 0" in refused


def test_a_log_without_its_witness_is_not_believed(folder: Path) -> None:
    one = kept().signed
    (refused,) = joining(folder, KeptTask(one, logged(one.entry, by=None))).refused
    assert "cosigned by no witness" in refused
    (folder / "policy").write_text(POLICY.replace("quorum w", "quorum none"))
    (refused,) = joining(folder, KeptTask(one, logged(one.entry, by=WITNESS))).refused
    assert "asks for no witness" in refused


def test_a_second_task_at_the_same_time_needs_room_of_its_own(folder: Path) -> None:
    first, other = kept(), kept(min_sites=6)
    found = joining(folder, first, other)
    assert len(found.tasks) == 1
    assert "noise.epsilon: 0.5; the ledger has 0 left" in found.refused[0]
    wide = SETTINGS.model_copy(update={"epsilon": 2.0})
    assert len(joining(folder, privacy=wide).tasks) == 2


def test_after_the_first_has_ended_there_is_room_again_and_no_clock_is_asked(folder: Path) -> None:
    later = kept(begins="2023-12-01T00:00:00Z", expires="2024-01-01T00:00:00Z")
    assert len(joining(folder, kept(), later).tasks) == 2


@pytest.mark.parametrize("missing", ["key", "policy", "proof"])
def test_what_is_missing_is_named_and_holds_up_nothing(folder: Path, missing: str) -> None:
    keep_task(folder, kept())
    next(path for path in folder.iterdir() if path.name.endswith(missing)).unlink()
    (refused,) = joining(folder).refused
    assert str(folder) in refused


def test_a_report_too_long_to_travel_is_refused(folder: Path) -> None:
    many = kept(
        cells=["z0", *(f"room_{number}" for number in range(255))],
        vdaf__parameters={"length": 256, "max_value": 4000, "chunk_length": 50},
    )
    (refused,) = joining(folder, many).refused
    assert "24576 can be sent" in refused
