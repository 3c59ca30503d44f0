# SPDX-License-Identifier: Apache-2.0
"""Prio3: honest reports are summed exactly, sizes tell nothing, and no lie is taken."""

import hashlib
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privcv_across.errors import AcrossError, InvalidProof, MeasurementError, ParameterError
from privcv_across.vdaf.circuits import L1BoundSum
from privcv_across.vdaf.flp import Flp
from privcv_across.vdaf.prio3 import NONCE_SIZE, VERIFY_KEY_SIZE, Prio3
from privcv_across.vdaf.registry import build_sum

KEY = bytes(range(VERIFY_KEY_SIZE))
RECORDED = Path(__file__).with_name("recorded_shares.json")


def l1_bound_sum(length: int = 6, max_value: int = 20, chunk_length: int = 5, **more: Any) -> Any:
    parameters = {"length": length, "max_value": max_value, "chunk_length": chunk_length}
    return build_sum(7, parameters, **more)


def verify(prio3: Prio3[Any], nonce: bytes, public: bytes, shares: list[bytes]) -> list[list[int]]:
    """The output share of each collector, both honest; raises what they raise."""
    opened = [
        prio3.verify_init(KEY, b"test", aggregator, nonce, public, share)
        for aggregator, share in enumerate(shares)
    ]
    message = prio3.verifier_message(b"test", [share for _, share in opened])
    return [prio3.verify_next(prepared, message) for prepared, _ in opened]


def counts(length: int, most: int) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(0, most), min_size=length, max_size=length)


SUMS: list[tuple[int, dict[str, int], Any]] = [
    (1, {}, st.integers(0, 1)),
    (3, {"length": 4, "max_measurement": 12, "chunk_length": 3}, counts(4, 12)),
    (4, {"length": 7, "chunk_length": 3}, st.integers(0, 6)),
    (7, {"length": 3, "max_value": 17, "chunk_length": 4}, counts(3, 5)),
    (7, {"length": 1, "max_value": 1, "chunk_length": 9}, counts(1, 1)),
]


@pytest.mark.parametrize(("number", "parameters", "measurements"), SUMS)
@settings(deadline=None, max_examples=40)
@given(data=st.data(), shares=st.sampled_from([2, 2, 3, 7]))
def test_what_is_summed_is_the_sum_and_sizes_tell_nothing(
    number: int, parameters: dict[str, int], measurements: Any, data: st.DataObject, shares: int
) -> None:
    prio3 = build_sum(number, parameters, shares=shares)
    reported = data.draw(st.lists(measurements, min_size=1, max_size=4))
    rand = random.Random(data.draw(st.integers(0, 2**32)))
    totals: list[Any] = [None] * shares
    for measurement in reported:
        nonce = rand.randbytes(NONCE_SIZE)
        public, sent = prio3.shard(b"test", measurement, nonce, rand.randbytes(prio3.rand_size))
        assert len(public) == prio3.public_share_size
        assert [len(one) for one in sent] == [
            prio3.leader_share_size, *[prio3.helper_share_size] * (shares - 1)
        ]  # fmt: skip
        for collector, output in enumerate(verify(prio3, nonce, public, sent)):
            totals[collector] = prio3.aggregate(totals[collector], output)
    as_counts = [vector(number, parameters, one) for one in reported]
    found = prio3.unshard([prio3.field.encode(total) for total in totals])
    assert found == [sum(column) for column in zip(*as_counts, strict=True)]


def vector(number: int, parameters: dict[str, int], measurement: Any) -> list[int]:
    if number == 4:
        return [int(bucket == measurement) for bucket in range(parameters["length"])]
    return measurement if isinstance(measurement, list) else [measurement]


def test_ten_thousand_malformed_contributions_and_none_is_taken() -> None:
    prio3, rand = l1_bound_sum(), random.Random(20261130)
    accepted, tried = [], 0
    while tried < 10_000:
        nonce = rand.randbytes(NONCE_SIZE)
        measurement = [rand.randrange(4) for _ in range(6)]
        public, shares = prio3.shard(b"test", measurement, nonce, rand.randbytes(prio3.rand_size))
        for _ in range(20):
            parts = [public, *shares]
            place = rand.randrange(3)
            parts[place] = mutated(parts[place], rand)
            if parts == [public, *shares]:
                continue
            tried += 1
            try:
                verify(prio3, nonce, parts[0], parts[1:])
            except AcrossError:
                continue
            accepted.append((place, nonce.hex()))
    assert not accepted


def mutated(content: bytes, rand: random.Random) -> bytes:
    at = rand.randrange(len(content))
    to = rand.randrange(at, len(content)) + 1
    kind = rand.randrange(8)
    if kind == 0:  # one bit
        return content[:at] + bytes([content[at] ^ 1 << rand.randrange(8)]) + content[at + 1 :]
    if kind == 1:  # cut off
        return content[:at]
    if kind == 2:  # cut out
        return content[:at] + content[to:]
    if kind == 3:  # longer
        return content + rand.randbytes(rand.choice([1, 16, 32]))
    if kind == 4:  # other bytes
        return content[:at] + rand.randbytes(to - at) + content[to:]
    if kind == 5:  # doubled
        return content[:at] + content[at:to] + content[at:]
    if kind == 6:  # all the same
        return bytes([rand.choice([0, 1, 255])]) * len(content)
    start = 16 * rand.randrange(len(content) // 16)  # one element more, or one less
    step = rand.choice([1, 2**128 - 1])
    element = int.from_bytes(content[start : start + 16], "little") + step
    return content[:start] + (element % 2**128).to_bytes(16, "little") + content[start + 16 :]


class Liar(L1BoundSum):
    """A device that encodes what it likes and proves it as well as anybody could."""

    lie: list[int]

    def encode(self, measurement: list[int]) -> list[int]:
        return self.lie


LIES = (
    "bit of 2", "bit of -1", "random element", "sum too small", "sum too large", "over the cap",
    "all of it random",
)  # fmt: skip


@pytest.mark.parametrize("wrong", LIES)
def test_a_measurement_that_is_none_is_not_taken_however_well_it_is_proved(wrong: str) -> None:
    honest = L1BoundSum(6, 20, 5)
    modulus, rand = honest.field.modulus, random.Random(wrong)
    for _ in range(40):
        measurement = [rand.randrange(3) for _ in range(6)]
        lie = honest.encode(measurement)
        place = rand.randrange(len(lie))
        if wrong == "bit of 2":
            lie[place] = 2
        elif wrong == "bit of -1":
            lie[place] = modulus - 1
        elif wrong == "random element":
            lie[place] = rand.randrange(2, modulus)
        elif wrong == "sum too small":
            lie[-5:] = honest.encode([0] * 5 + [sum(measurement) - 1 if any(measurement) else 1])[
                -5:
            ]
        elif wrong == "sum too large":
            lie[-5:] = honest.encode([0] * 5 + [sum(measurement) + 1])[-5:]
        elif wrong == "over the cap":
            lie = honest.encode([20] + [0] * 5)[:5] * 6 + honest.encode([20] + [0] * 5)[-5:]
        else:
            lie = [rand.randrange(modulus) for _ in lie]
        circuit = Liar(6, 20, 5)
        circuit.lie = lie
        nonce = rand.randbytes(NONCE_SIZE)
        device: Prio3[Any] = Prio3(7, circuit)
        public, shares = device.shard(b"test", [], nonce, rand.randbytes(device.rand_size))
        with pytest.raises(InvalidProof):
            verify(l1_bound_sum(), nonce, public, shares)


def test_the_worst_lie_that_is_taken_is_the_cap() -> None:
    prio3 = l1_bound_sum()
    public, shares = prio3.shard(b"test", [20] + [0] * 5, bytes(16), bytes(prio3.rand_size))
    outputs = verify(prio3, bytes(16), public, shares)
    assert prio3.unshard([prio3.field.encode(one) for one in outputs]) == [20, 0, 0, 0, 0, 0]


def test_another_context_key_or_nonce_at_one_collector_is_refused() -> None:
    prio3 = l1_bound_sum()
    nonce, rand = bytes(16), random.Random(3).randbytes(prio3.rand_size)
    public, shares = prio3.shard(b"test", [1, 2, 3, 0, 0, 0], nonce, rand)
    for key, context, other in (
        (bytes(32), b"test", nonce),
        (KEY, b"another task", nonce),
        (KEY, b"test", b"\1" * 16),
    ):
        _, leader = prio3.verify_init(KEY, b"test", 0, nonce, public, shares[0])
        _, helper = prio3.verify_init(key, context, 1, other, public, shares[1])
        with pytest.raises(InvalidProof):
            prio3.verifier_message(b"test", [leader, helper])


def test_one_collector_may_not_play_both() -> None:
    prio3 = l1_bound_sum()
    public, shares = prio3.shard(b"test", [1] * 6, bytes(16), bytes(prio3.rand_size))
    _, leader = prio3.verify_init(KEY, b"test", 0, bytes(16), public, shares[0])
    for given_shares in ([leader], [leader, leader], [leader] * 3):
        with pytest.raises(AcrossError):
            prio3.verifier_message(b"test", given_shares)


@pytest.mark.parametrize("measurement", [[1] * 5, [1] * 7, [-1] + [0] * 5, [21] + [0] * 5, [4] * 6])
def test_what_the_sum_does_not_take_is_never_shared(measurement: list[int]) -> None:
    prio3 = l1_bound_sum()
    with pytest.raises(MeasurementError):
        prio3.shard(b"test", measurement, bytes(16), bytes(prio3.rand_size))


@pytest.mark.parametrize(
    ("number", "parameters", "more"),
    [
        (2, {}, {}),
        (1, {"length": 3}, {}),
        (7, {"length": 3, "max_value": 9}, {}),
        (7, {"length": 0, "max_value": 9, "chunk_length": 2}, {}),
        (7, {"length": 3, "max_value": 0, "chunk_length": 2}, {}),
        (7, {"length": 3, "max_value": 9, "chunk_length": 0}, {}),
        (7, {"length": 10**6, "max_value": 9, "chunk_length": 2}, {}),
        (3, {"length": 3, "max_measurement": 2**64, "chunk_length": 2}, {}),
        (4, {"length": 3, "chunk_length": 10**9}, {}),
        (1, {}, {"shares": 1}),
        (1, {}, {"shares": 256}),
        (1, {}, {"version": 17}),
    ],
)
def test_parameters_of_no_sum_are_refused(
    number: int, parameters: dict[str, int], more: dict[str, int]
) -> None:
    with pytest.raises(ParameterError):
        build_sum(number, parameters, **more)


def test_the_proof_of_the_design_has_the_sizes_that_are_said() -> None:
    flp = Flp(L1BoundSum(45, 765, 27))
    assert (flp.proof_length, flp.verifier_length) == (54 + 63, 56)
    prio3 = l1_bound_sum(45, 765, 27)
    assert prio3.leader_share_size == 9264
    assert prio3.verifier_share_size == 928


@pytest.mark.parametrize("case", json.loads(RECORDED.read_text()), ids=lambda case: case["name"])
def test_shares_are_those_that_were_recorded(case: dict[str, Any]) -> None:
    """Recorded while the published vectors gave equal bytes, for where those are absent."""
    prio3 = build_sum(case["number"], case["parameters"], shares=case["shares"])
    nonce, rand = case_bytes(case, NONCE_SIZE), case_bytes(case, prio3.rand_size)
    public, shares = prio3.shard(b"recorded", case["measurement"], nonce, rand)
    opened = [
        prio3.verify_init(KEY, b"recorded", place, nonce, public, share)[1]
        for place, share in enumerate(shares)
    ]
    message = prio3.verifier_message(b"recorded", opened)
    found = [
        hashlib.sha256(b"".join(parts)).hexdigest()
        for parts in ([public, *shares], [*opened, message])
    ]
    assert found == case["sha256"]


def case_bytes(case: dict[str, Any], size: int) -> bytes:
    """Bytes that hang on nothing but the name of the case."""
    return hashlib.shake_128(case["name"].encode()).digest(size)
