# SPDX-License-Identifier: Apache-2.0
"""Test vectors of the VDAF draft and of libprio-rs: equal byte for byte, the bad ones refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from privcv_across.errors import AcrossError
from privcv_across.vdaf.field import FIELD128
from privcv_across.vdaf.prio3 import Prepared, Prio3
from privcv_across.vdaf.registry import SUMS, build_sum
from privcv_across.vdaf.xof import XofTurboShake128, derive_seed, expand
from privcv_core.settings.model import data_folder

FOLDER = data_folder() / "data" / "vdaf"
NUMBERS = {name: number for number, (name, _) in SUMS.items()}
PARAMETERS = ("length", "max_measurement", "max_value", "chunk_length")
NONE_HERE = pytest.param(None, id="none")

pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason=f"no data: {FOLDER} (PRIVCV_DATA)")


class Run:
    """All parties of a vector; each operation is compared with what the vector has."""

    def __init__(self, vector: dict[str, Any], name: str) -> None:
        parameters = {key: vector[key] for key in PARAMETERS if key in vector}
        self.sum: Prio3[Any] = build_sum(NUMBERS[name], parameters, shares=vector["shares"])
        self.vector, self.reports = vector, vector["reports"]
        self.context = bytes.fromhex(vector["ctx"])
        self.prepared: dict[tuple[int, int], Prepared] = {}
        self.outputs: dict[tuple[int, int], list[int]] = {}
        self.shares: list[bytes] = []
        self.compared = 0

    def equal(self, found: object, expected: object) -> None:
        assert found == expected
        self.compared += 1

    def shard(self, report: int, **_: Any) -> None:
        one = self.reports[report]
        public, shares = self.sum.shard(
            self.context,
            one["measurement"],
            *(bytes.fromhex(one[key]) for key in ("nonce", "rand")),
        )
        self.equal(public.hex(), one["public_share"])
        self.equal([share.hex() for share in shares], one["input_shares"])

    def verify_init(self, report: int, aggregator: int) -> None:
        one = self.reports[report]
        prepared, share = self.sum.verify_init(
            bytes.fromhex(self.vector["verify_key"]), self.context, aggregator,
            bytes.fromhex(one["nonce"]), bytes.fromhex(one["public_share"]),
            bytes.fromhex(one["input_shares"][aggregator]),
        )  # fmt: skip
        self.prepared[report, aggregator] = prepared
        self.equal(share.hex(), one["verifier_shares"][0][aggregator])

    def verifier_shares_to_message(self, report: int, **_: Any) -> None:
        one = self.reports[report]
        shares = [bytes.fromhex(share) for share in one["verifier_shares"][0]]
        message = self.sum.verifier_message(self.context, shares)
        self.equal(message.hex(), one["verifier_messages"][0])

    def verify_next(self, report: int, aggregator: int) -> None:
        message = bytes.fromhex(self.reports[report]["verifier_messages"][0])
        output = self.sum.verify_next(self.prepared[report, aggregator], message)
        self.outputs[report, aggregator] = output
        encoded = self.sum.field.encode(output).hex()
        self.equal(encoded, self.reports[report]["out_shares"][aggregator])

    def aggregate(self, aggregator: int, **_: Any) -> None:
        total = None
        for report in range(len(self.reports)):
            total = self.sum.aggregate(total, self.outputs[report, aggregator])
        assert total is not None
        self.shares.append(self.sum.field.encode(total))
        self.equal(self.shares[-1].hex(), self.vector["agg_shares"][aggregator])

    def unshard(self, **_: Any) -> None:
        result = self.vector["agg_result"]
        found = self.sum.unshard(self.shares)
        self.equal(found, result if isinstance(result, list) else [result])


def vectors() -> list[Any]:
    found = sorted(FOLDER.glob("Prio3*.json"))
    return [pytest.param(path, id=path.stem) for path in found] or [NONE_HERE]


@pytest.mark.parametrize("path", vectors())
def test_each_operation_gives_the_bytes_of_the_vector_or_is_refused_as_there(path: Path) -> None:
    run = Run(json.loads(path.read_text(encoding="utf-8")), path.stem.split("_")[0])
    refused = 0
    for operation in run.vector["operations"]:
        step = getattr(run, operation["operation"])
        who = {
            key: operation[long]
            for key, long in (("report", "report_index"), ("aggregator", "aggregator_id"))
            if long in operation
        }
        if operation["success"]:
            step(**who)
        else:
            with pytest.raises(AcrossError):
                step(**who)
            refused += 1
    assert run.compared
    assert refused == int("bad" in path.stem)


def test_the_stream_is_that_of_the_draft() -> None:
    vector = json.loads((FOLDER / "XofTurboShake128.json").read_text(encoding="utf-8"))
    seed, tag, binder = (bytes.fromhex(vector[key]) for key in ("seed", "dst", "binder"))
    assert derive_seed(seed, tag, binder).hex() == vector["derived_seed"]
    expected = bytes.fromhex(vector["expanded_vec_field128"])
    elements = expand(FIELD128, seed, tag, binder, vector["length"])
    assert FIELD128.encode(elements) == expected
    stream = XofTurboShake128(seed, tag, binder)
    assert b"".join(stream.read(1 + i % 3) for i in range(320)) == expected[:639]
