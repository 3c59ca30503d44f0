# SPDX-License-Identifier: Apache-2.0
"""What two operators choose of a task, in a file; all else of it follows."""

import math
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, Field, ValidationError

from privcv_across.errors import TaskError
from privcv_across.noise.floor import Floor
from privcv_across.sealing.hpke import HpkeKey
from privcv_across.task.document import MOST_CELLS, MOST_SITES, Collector, Task
from privcv_across.task.draft import Draft, verification
from privcv_core.errors import PrivcvError
from privcv_core.files.input_file import read_input
from privcv_core.protocol.signing import is_public_key
from privcv_core.protocol.timestamps import rfc3339_whole
from privcv_core.settings.model import PathSetting, Settings, describe, parse_settings, read_mapping

_L1_BOUND_SUM = 7


class TaskChoices(Settings):
    """Of a sum by two collectors, in which a site is bounded over all cells together."""

    leader: PathSetting = Field(description="public.yaml of who leads")
    helper: PathSetting = Field(description="public.yaml of the other operator, who helps")
    roster: PathSetting = Field(
        description="keys of the devices, a line each, as 'privcv across key' prints them; # and "
        "what follows is yours"
    )
    cells: list[str] = Field(
        min_length=1, max_length=MOST_CELLS, description="zones, or zone/standing and so on"
    )
    window_s: int = Field(3600, ge=60, le=86_400, description="length of a window, s")
    visits: int = Field(
        255, ge=1, le=1_000_000, description="of a site in a window, for which there is room"
    )
    votes: int = Field(3, ge=1, le=64, description="cells that one visit may count in")
    epsilon: float = Field(gt=0, le=8, description="of a visit, for all totals of the task")
    floor_epsilon: float = Field(
        8.0, gt=0, le=16, description="of a visit, should both collectors share what they have"
    )
    min_sites: int = Field(5, ge=2, le=MOST_SITES, description="sites without which is no total")
    close_after_s: int = Field(900, ge=0, le=86_400, description="after a window's end, s")
    attestation: Literal["none", "device", "collectors", "all"] = Field(
        "none", description="whose state has to be proved"
    )
    begins: AwareDatetime = Field(description="start of the first window")
    expires: AwareDatetime = Field(description="end of the last one, at most 400 days later")

    def draft(self, sealing: HpkeKey, where: Path) -> Draft:
        """The task; ``sealing`` is of one of the collectors, ``where`` the file of the choices.

        Raises ``TaskError`` and ``SettingsError`` naming the file and the field.
        """
        leader, helper = (read_collector(path) for path in (self.leader, self.helper))
        cap = self._cap()
        content = {
            "v": 1,
            "kind": "counts",
            "leader": leader.model_dump(),
            "helper": helper.model_dump(),
            "method": {"sealing": sealing.suite, "sum": "two_collectors", "version": 1},
            "vdaf": {
                "id": _L1_BOUND_SUM,
                "version": 18,
                "parameters": {
                    "length": len(self.cells),
                    "max_value": cap,
                    "chunk_length": chunk_length((len(self.cells) + 1) * cap.bit_length()),
                },
            },
            "verification": verification(sealing, leader, helper),
            "roster": read_roster(self.roster),
            "noise": {
                "mechanism": "discrete_laplace",
                "by": "each collector",
                "votes": self.votes,
                "epsilon": self.epsilon,
            },
            "begins": rfc3339_whole(self.begins),
            "expires": rfc3339_whole(self.expires),
            **{
                name: getattr(self, name)
                for name in (
                    "cells", "window_s", "floor_epsilon", "min_sites", "close_after_s",
                    "attestation",
                )
            },
        }  # fmt: skip
        try:
            return Draft(Task.model_validate(content))
        except ValidationError as error:
            raise TaskError(f"{where}: {describe(error, Task)}") from error
        except TaskError as error:
            raise TaskError(f"{where}: {error}") from error

    def _cap(self) -> int:
        """Of which ``Task.most_visits`` is ``visits``."""
        offset = Floor(self.floor_epsilon, self.votes).offset
        return self.votes * self.visits + 2 * offset * len(self.cells)


def chunk_length(bits: int) -> int:
    """Of a sum that encodes ``bits``: about 0.7 of the root, as docs/benchmarks/across.md does."""
    return max(1, round(0.7 * math.sqrt(bits)))


def read_collector(path: Path) -> Collector:
    """What ``public.yaml`` says of a collector; raises ``SettingsError`` and ``TaskError``."""
    found = parse_settings(Collector, read_mapping(path), where=str(path))
    try:
        found.config  # noqa: B018 - raises for what is no key
    except PrivcvError as error:
        raise TaskError(f"{path}: hpke: {error}") from error
    return found


def read_roster(path: Path) -> list[str]:
    """The keys in a file, in rising order; raises ``TaskError``, also for one that is twice."""
    try:
        text = read_input(path, 1 << 20).decode("utf-8")
    except OSError as error:
        raise TaskError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise TaskError(f"{path}: is not UTF-8 text") from error
    found: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        key = line.partition("#")[0].strip()
        if not key:
            continue
        if not is_public_key(key):
            raise TaskError(
                f"{path}: line {number}: is no key of a device; write what 'privcv across key' "
                "prints there"
            )
        if key in found:
            raise TaskError(f"{path}: line {number}: is the key of line {found[key]}; remove one")
        found[key] = number
    return sorted(found)
