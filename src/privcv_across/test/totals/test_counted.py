# SPDX-License-Identifier: Apache-2.0
"""A device believes that it was counted where that is proved, and says why it does not."""

import hashlib
from typing import Any

import pytest
import rfc8785
from sum_tasks import POLICY, logged

from privcv_across.errors import LogError
from privcv_across.totals.counted import CountedAnswer
from privcv_across.transparency.log_entry import LogEntry
from privcv_across.transparency.policy import Policy

TASK, TIME = bytes(range(32)), 42
IDS = [bytes([number]) * 16 for number in range(3)]


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


LEAVES = [hashlib.sha256(b"\x00" + one).digest() for one in IDS]
ROOT = node(node(LEAVES[0], LEAVES[1]), LEAVES[2])  # RFC 6962, 2.1
CLOSE = {"root": ROOT.hex(), "sites": 3, "state": "closed", "task": TASK.hex(), "time": TIME}


def answer(close: dict[str, Any] = CLOSE, by: Any = ..., **changes: Any) -> dict[str, Any]:
    digest = hashlib.sha256(rfc8785.dumps(close)).hexdigest()
    entry = LogEntry("close", f"{close['task']}/{close['time']}", digest)
    proof = logged(entry) if by is ... else logged(entry, by=by)
    hashes = [LEAVES[0].hex(), LEAVES[2].hex()]
    made = {"close": close, "index": 1, "hashes": hashes, "log_proof": proof.encode().decode()}
    return {**made, **changes}


def check(content: Any, report_id: bytes = IDS[1]) -> int:
    return CountedAnswer.read(content).check(TASK, TIME, report_id, Policy.parse(POLICY))


def test_who_was_counted_can_see_it() -> None:
    assert check(answer()) == 3


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (answer(index=None, hashes=[]), "was not counted"),
        (answer(log_proof=None), "does not state the close yet"),
        (answer(index=0), "inclusion: "),
        (answer(hashes=[LEAVES[0].hex()]), "inclusion: "),
        (answer(hashes=["x" * 64]), "hexadecimal"),
        (answer(by=None), "no witness"),
        (answer({**CLOSE, "time": 43}), "another window"),
        (answer({**CLOSE, "task": "0" * 64}), "another window"),
        (answer({**CLOSE, "state": "too_few"}), "without a total"),
        (answer(close={**CLOSE, "sites": 4}, log_proof=answer()["log_proof"]), "inclusion: "),
        ({**answer(), "close": {**CLOSE, "sites": 2}}, "inclusion: "),
        ({**answer(), "log_proof": "no proof"}, "proof: must begin"),
        ({**answer(), "index": -1}, "index: "),
        ({**answer(), "more": 1}, "more: "),
        ([], "answer: "),
        ({"error": "not_found"}, "close: is required"),
    ],
)
def test_what_proves_nothing_is_not_believed(content: Any, words: str) -> None:
    with pytest.raises(LogError, match=words):
        check(content)


def test_the_proof_of_another_report_proves_nothing_of_ours() -> None:
    with pytest.raises(LogError):
        check(answer(), IDS[2])
