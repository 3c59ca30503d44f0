# SPDX-License-Identifier: Apache-2.0
"""The two operators, their collectors as processes, the witness, and the task that they sign."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from privcv_across.sealing.hpke import HpkeKey
from privcv_across.sealing.sealing_key import load_sealing_key
from privcv_across.task.choices import TaskChoices
from privcv_across.task.operator_keys import PUBLIC, make_operator_keys
from privcv_across.task.signed_task import SignedTask
from privcv_across.transparency.signed_note import COSIGNATURE_KEY, LOG_KEY, NoteKey
from privcv_across.transparency.witness import Witness
from privcv_across.transparency.witness_http import PATH, make_server
from privcv_core.files.atomic_file import write_new
from privcv_core.files.folder import make_folder
from privcv_core.protocol.demo_certificates import DemoCertificates
from privcv_core.protocol.person_keys import create_key, load_key
from privcv_core.protocol.signing import SigningKey
from privcv_core.settings.model import load_settings

ORIGIN, WITNESS = "log.chain.example", "witness.example"
NAMES = {"leader": "Chain Ltd", "helper": "Auditors of the works council"}


@dataclass(frozen=True)
class Party:
    """An operator with a collector; its keys lie in ``folder``."""

    role: str
    folder: Path
    port: int
    operator: SigningKey

    @classmethod
    def new(cls, role: str, folder: Path, number: int) -> "Party":
        """With new keys."""
        port = _free_port()
        make_operator_keys(folder, f"https://localhost:{port}/", NAMES[role], number)
        return cls(role, folder, port, load_key(folder / "operator.pem"))

    @property
    def url(self) -> str:
        """Where its collector is."""
        return f"https://localhost:{self.port}/"

    @property
    def sealing(self) -> HpkeKey:
        """What opens shares for its collector."""
        return load_sealing_key(self.folder / "sealing.json")

    @property
    def database(self) -> str:
        """URL of its collector's database."""
        return f"sqlite:///{self.folder / 'collector.db'}"

    def limits(self, tls: DemoCertificates, log: dict[str, Any] | None) -> Path:
        """The settings of its collector, in a file."""
        sums: dict[str, Any] = {
            "role": self.role,
            "sealing_key": "sealing.json",
            "signing_key": "sign.pem",
            "tasks": ["task.json"],
            "other_ca": str(tls.ca_file),
        }
        path = self.folder / "limits.yaml"
        write_new(path, yaml.safe_dump({"sums": sums | ({"log": log} if log else {})}))
        return path


def make_task(
    folder: Path, leader: Party, helper: Party, roster: list[str], **choices: Any
) -> SignedTask:
    """The task that the leader drafts and both sign, in the folders of both collectors."""
    write_new(folder / "roster.txt", "".join(f"{key}\n" for key in roster))
    path = folder / "choices.yaml"
    who = {party.role: str(party.folder / PUBLIC) for party in (leader, helper)}
    write_new(path, yaml.safe_dump({**who, "roster": "roster.txt", **choices}))
    draft = load_settings(TaskChoices, path).draft(leader.sealing, path).sign(leader.operator)
    draft.check_verification(helper.sealing)
    signed = draft.sign(helper.operator).finished()
    for party in (leader, helper):
        write_new(party.folder / "task.json", signed.encode())
    return signed


@contextmanager
def witnessed_log(folder: Path) -> Iterator[tuple[dict[str, Any], Path]]:
    """A witness that listens, for a log: (the log's settings, the policy to believe it by)."""
    make_folder(folder, 0o700)
    make_folder(folder / "witness", 0o700)
    key, watch = create_key(folder / "log.pem"), SigningKey.generate()
    log = NoteKey.of(ORIGIN, LOG_KEY, key)
    seen_by = NoteKey.of(WITNESS, COSIGNATURE_KEY, watch).encode()
    policy = folder / "policy.txt"
    write_new(policy, f"log {log.encode()}\nwitness w {seen_by}\nquorum w\n")
    server = make_server(Witness(WITNESS, watch, {ORIGIN: log}, folder / "witness"), "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    settings = {
        "folder": str(folder / "log"),
        "origin": ORIGIN,
        "key": str(folder / "log.pem"),
        "policy": str(policy),
        "checkpoint_every_s": 2,
        "witnesses": [f"http://127.0.0.1:{server.server_address[1]}{PATH}"],
    }
    try:
        yield settings, policy
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
