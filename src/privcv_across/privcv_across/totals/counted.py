# SPDX-License-Identifier: Apache-2.0
"""Whether a device's report was counted: what a collector answers is believed where it proves it.

The report's id is a leaf of the tree of ids that were counted; the tree's root stands in what was
said of the close, whose digest is an entry of the log; the log is one that witnesses cosign.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from privcv_across.errors import LogError
from privcv_across.transparency.log_entry import LogEntry
from privcv_across.transparency.log_proof import LogProof
from privcv_across.transparency.merkle_tree import MOST_HASHES, check_inclusion, leaf_hash
from privcv_across.transparency.policy import Policy
from privcv_core.protocol.canonical_json import canonical
from privcv_core.settings.model import describe

_HEX = r"^[0-9a-f]{64}$"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class CloseContent(_Strict):
    """What is said of a close."""

    root: str = Field(pattern=_HEX)
    sites: int = Field(ge=0)
    state: str
    task: str = Field(pattern=_HEX)
    time: int


class CountedAnswer(_Strict):
    """The answer to 'was my report counted'; without ``index`` it was not."""

    close: CloseContent
    index: int | None = Field(ge=0)
    hashes: list[str] = Field(max_length=MOST_HASHES)
    log_proof: str | None

    @classmethod
    def read(cls, content: Any) -> "CountedAnswer":
        """Raises ``LogError`` naming the field."""
        try:
            return cls.model_validate(content)
        except ValidationError as error:
            raise LogError(f"answer: {describe(error, cls)}") from error

    def check(self, task: bytes, time: int, report_id: bytes, policy: Policy) -> int:
        """How many sites were counted, this one among them, in the window ``time`` of ``task``.

        Raises ``LogError`` where that is not proved.
        """
        close = self.close
        if (close.task, close.time, close.state) != (task.hex(), time, "closed"):
            raise LogError("answer: is of another window, or of one without a total")
        if self.index is None:
            raise LogError("answer: the report was not counted")
        if self.log_proof is None:
            raise LogError("answer: the log does not state the close yet")
        try:
            hashes = [bytes.fromhex(one) for one in self.hashes]
        except ValueError as error:
            raise LogError("answer: hashes: are not hexadecimal") from error
        root = bytes.fromhex(close.root)
        check_inclusion(leaf_hash(report_id), self.index, close.sites, root, hashes)
        LogProof.decode(self.log_proof.encode()).check(close_entry(close.model_dump()), policy)
        return close.sites


def close_entry(content: Mapping[str, Any]) -> LogEntry:
    """The entry in the log of what is said of a close."""
    digest = hashlib.sha256(canonical(dict(content))).hexdigest()
    return LogEntry("close", f"{content['task']}/{content['time']}", digest)
