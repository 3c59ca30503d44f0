# SPDX-License-Identifier: Apache-2.0
"""Another name of a precious file, put where ours is expected: nothing is written to it or cut.

As where ``fs.protected_hardlinks`` is off, so that any user may make one in a folder of a group.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from lesser_user import NOBODY, folder_of_all, needs_root

from privcv_core.audit.log import AuditLog, AuditSettings
from privcv_core.authorization.pause_note import write_pause
from privcv_core.errors import PrivcvError
from privcv_core.files.atomic_file import write_atomically
from privcv_core.files.graph_secret import graph_secret
from privcv_core.files.regular_file import open_to_append
from privcv_privacy.budget.ledger import Ledger
from privcv_uplink.delivery import device_keys
from privcv_uplink.outbox.outbox import Outbox

PRECIOUS = b"a line that somebody else wrote, without an end"


def log(folder: Path) -> None:
    with AuditLog(AuditSettings(folder=folder), "guard") as opened:
        opened.append("fault", where="here", what="something")


def append(folder: Path) -> None:
    with open_to_append(folder / "kept.jsonl", 0o644) as file:
        file.write(b"{}\n")


WRITERS: dict[str, Callable[[Path], object]] = {
    "ledger.db": lambda folder: Ledger(folder / "ledger.db").close(),
    "ledger.db.lock": lambda folder: Ledger(folder / "ledger.db").close(),
    "ledger.db.anchor": lambda folder: Ledger(folder / "ledger.db").close(),
    "outbox.db": lambda folder: Outbox(folder / "outbox.db").close(),
    "outbox.db.lock": lambda folder: Outbox(folder / "outbox.db").close(),
    "guard.jsonl": log,
    "guard.lock": log,
    "graph.secret": lambda folder: graph_secret(folder / "graph.secret"),
    "key.json": lambda folder: device_keys.new(folder / "key.json"),
    "pauses/lobby.json": lambda folder: write_pause(folder, "lobby", 1, "desk"),
    "dpia.yaml": lambda folder: write_atomically(folder / "dpia.yaml", b"new"),
    "kept.jsonl": append,
}


@needs_root
@pytest.mark.parametrize("sticky", [False, True], ids=["of one user", "of a group"])
@pytest.mark.parametrize("name", WRITERS)
def test_no_writer_writes_to_another_name_of_a_file(name: str, sticky: bool) -> None:
    with folder_of_all(0o3777 if sticky else 0o755) as folder:
        victim = folder / "precious"
        victim.write_bytes(PRECIOUS)
        os.chown(victim, NOBODY, NOBODY)
        before = victim.stat()
        (folder / name).parent.mkdir(exist_ok=True)
        os.link(victim, folder / name)
        with suppress(PrivcvError, OSError):
            WRITERS[name](folder)
        after = victim.stat()
        assert victim.read_bytes() == PRECIOUS
        assert (after.st_mode, after.st_uid) == (before.st_mode, before.st_uid)
