# SPDX-License-Identifier: Apache-2.0
"""Which user may write which chain, by facts that the user of a process cannot plant.

Whose the folder of audit logs is, and root, write all chains. Where processes run as users of their
own, root made a folder for each, and the last word of the user's name, which root gave too, is what
the user runs: ``privcv-camera``, ``privcv-privacy``, ``privcv-uplink``, ``privcv-desk``. Such a
user writes the chains of that process and no other; a user of another name writes none.
"""

import os
import pwd
import stat
from collections.abc import Mapping
from pathlib import Path

from privcv_core.audit.events import REGISTER

OF_A_CAMERA = "camera"
"""The word of who runs cameras, whose chains are called ``CAMERA.NODE``."""

WRITES: Mapping[str, frozenset[str]] = {
    "privacy": frozenset({"aggregation", "guard"}),
    "uplink": frozenset({"uplink"}),
    "desk": frozenset({"desk"}),
}
"""Last word of a user's name -> the chains that are not a camera's."""


def may_own(folder: Path, path: Path, chain: str) -> bool:
    """Whether who owns ``path``, a file of ``chain`` by its name in ``folder`` or in a folder of a
    user in it, may write that chain. Everybody reads their own.

    Nobody but its owner puts a file into a folder that others may not write. Where the file lies in
    a folder of a user, the owners of both must be such: a hard link would lie there too.
    """
    try:
        status = os.lstat(folder)
        if path.parent == folder and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            return True
        owners = {os.lstat(path).st_uid}
        if path.parent != folder:
            owners.add(os.lstat(path.parent).st_uid)
    except OSError:
        return True  # pruned meanwhile, or not to be read: readers tell which
    lesser = owners - {0, os.geteuid(), status.st_uid}
    return all(may_write(_name_of(user, folder, path), chain) for user in lesser)


def may_write(user: str, chain: str) -> bool:
    """Whether a user of this name, who is neither root nor whose the logs are, writes ``chain``."""
    runs = user.rpartition("-")[2]
    if chain == REGISTER:
        return False
    return runs == OF_A_CAMERA if "." in chain else chain in WRITES.get(runs, ())


def _name_of(user: int, folder: Path, path: Path) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:  # on the disk of another machine: as root named the folder there
        is_planted = bool(os.lstat(folder).st_mode & (stat.S_IWGRP | stat.S_IWOTH))
        return "" if is_planted or path.parent == folder else path.parent.name
