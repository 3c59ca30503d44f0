# SPDX-License-Identifier: Apache-2.0
"""Prio3: a measurement in shares, each of which says nothing, and their verification (VDAF, 7.2).

What crosses a wire is bytes here, and what is not exactly what it must be is refused as it comes
in. ``aggregator`` 0 is the leader; the others are helpers.
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

from privcv_across.errors import InvalidProof, MalformedShare, ParameterError
from privcv_across.vdaf.circuits import Circuit
from privcv_across.vdaf.flp import Flp
from privcv_across.vdaf.xof import SEED_SIZE, derive_seed, expand

M = TypeVar("M")

VERSION = 18
"""First byte of every tag: of the drafts 18 to 20, whose bytes are the same."""
NONCE_SIZE = 16
VERIFY_KEY_SIZE = SEED_SIZE

_MEASUREMENT_SHARE, _PROOF_SHARE, _JOINT_RAND, _PROVE_RAND = 1, 2, 3, 4
_QUERY_RAND, _JOINT_RAND_SEED, _JOINT_RAND_PART = 5, 6, 7


@dataclass(frozen=True)
class Prepared:
    """What an aggregator keeps of a report until the others have answered."""

    output_share: list[int]
    joint_rand_seed: bytes


class Prio3(Generic[M]):
    """Prio3 with one proof over ``circuit``, for ``shares`` aggregators (2 to 255)."""

    def __init__(self, algorithm: int, circuit: Circuit[M], shares: int = 2) -> None:
        if not 2 <= shares <= 255:
            raise ParameterError(f"sum: {shares} collectors; 2 to 255 can share")
        self.algorithm, self.circuit, self.shares = algorithm, circuit, shares
        self.flp = Flp(circuit)
        self.field = circuit.field
        self._joint = circuit.joint_rand_length > 0
        seeds_a_share = 2 if self._joint else 1
        self.rand_size = SEED_SIZE * seeds_a_share * shares
        blind = SEED_SIZE if self._joint else 0
        element = self.field.encoded_size
        self.public_share_size = SEED_SIZE * shares if self._joint else 0
        self.leader_share_size = (
            circuit.measurement_length + self.flp.proof_length
        ) * element + blind
        self.helper_share_size = SEED_SIZE + blind
        self.verifier_share_size = self.flp.verifier_length * element + blind
        self.verifier_message_size = blind
        self.aggregate_share_size = circuit.output_length * element

    def shard(
        self, context: bytes, measurement: M, nonce: bytes, rand: bytes
    ) -> tuple[bytes, list[bytes]]:
        """(public share, a share for each aggregator); ``rand`` is ``rand_size`` random bytes.

        Raises ``MeasurementError``.
        """
        _exactly("nonce", nonce, NONCE_SIZE)
        _exactly("random bytes", rand, self.rand_size)
        seeds = [rand[i : i + SEED_SIZE] for i in range(0, len(rand), SEED_SIZE)]
        *seeds, prove_seed = seeds
        leader_blind = seeds.pop() if self._joint else b""
        helper_seeds = seeds[:: 2 if self._joint else 1]
        helper_blinds = seeds[1::2] if self._joint else [b""] * len(helper_seeds)

        encoded = self.circuit.encode(measurement)
        leader_measurement, parts = encoded, list[bytes]()
        for helper, (seed, blind) in enumerate(zip(helper_seeds, helper_blinds, strict=True), 1):
            share = self._measurement_share(context, helper, seed)
            leader_measurement = self.field.subtract(leader_measurement, share)
            if self._joint:
                parts.append(self._joint_rand_part(context, helper, blind, share, nonce))
        joint_rand: list[int] = []
        if self._joint:
            part = self._joint_rand_part(context, 0, leader_blind, leader_measurement, nonce)
            parts.insert(0, part)
            joint_rand = self._joint_rand(context, self._joint_rand_seed(context, parts))

        prove_rand = expand(
            self.field, prove_seed, self._tag(_PROVE_RAND, context), b"\1",
            self.flp.prove_rand_length,
        )  # fmt: skip
        leader_proof = self.flp.prove(encoded, prove_rand, joint_rand)
        for helper, seed in enumerate(helper_seeds, 1):
            leader_proof = self.field.subtract(
                leader_proof, self._proof_share(context, helper, seed)
            )
        leader = self.field.encode(leader_measurement + leader_proof) + leader_blind
        helpers = [seed + blind for seed, blind in zip(helper_seeds, helper_blinds, strict=True)]
        return b"".join(parts), [leader, *helpers]

    def verify_init(
        self,
        verify_key: bytes,
        context: bytes,
        aggregator: int,
        nonce: bytes,
        public_share: bytes,
        input_share: bytes,
    ) -> tuple[Prepared, bytes]:
        """(what to keep, the verifier share for the others).

        ``verify_key`` is known to all aggregators and to no device. Raises ``MalformedShare``.
        """
        _exactly("verification key", verify_key, VERIFY_KEY_SIZE)
        _exactly("nonce", nonce, NONCE_SIZE)
        _exactly("public share", public_share, self.public_share_size)
        measurement, proof, blind = self._open_input_share(context, aggregator, input_share)
        joint_rand: list[int] = []
        seed, part = b"", b""
        if self._joint:
            parts = [
                public_share[i : i + SEED_SIZE] for i in range(0, len(public_share), SEED_SIZE)
            ]
            part = self._joint_rand_part(context, aggregator, blind, measurement, nonce)
            parts[aggregator] = part
            seed = self._joint_rand_seed(context, parts)
            joint_rand = self._joint_rand(context, seed)
        query_rand = expand(
            self.field, verify_key, self._tag(_QUERY_RAND, context), b"\1" + nonce,
            self.flp.query_rand_length,
        )  # fmt: skip
        verifier = self.flp.query(measurement, proof, query_rand, joint_rand, self.shares)
        prepared = Prepared(self.circuit.truncate(measurement), seed)
        return prepared, self.field.encode(verifier) + part

    def verifier_message(self, context: bytes, verifier_shares: list[bytes]) -> bytes:
        """What all aggregators are told, from the verifier share of each, in their order.

        Raises ``MalformedShare``, and ``InvalidProof`` where the measurement is none.
        """
        if len(verifier_shares) != self.shares:
            raise MalformedShare(f"verifier shares: {len(verifier_shares)}, not {self.shares}")
        length = self.flp.verifier_length
        verifier, parts = [0] * length, list[bytes]()
        for share in verifier_shares:
            _exactly("verifier share", share, self.verifier_share_size)
            size = length * self.field.encoded_size
            verifier = self.field.add(verifier, self.field.decode(share[:size], length))
            parts.append(share[size:])
        if not self.flp.decide(verifier):
            raise InvalidProof("proof: what was sent is no measurement that this sum takes")
        return self._joint_rand_seed(context, parts) if self._joint else b""

    def verify_next(self, prepared: Prepared, verifier_message: bytes) -> list[int]:
        """The output share, to be summed. Raises ``MalformedShare`` and ``InvalidProof``."""
        _exactly("verifier message", verifier_message, self.verifier_message_size)
        if verifier_message != prepared.joint_rand_seed:
            raise InvalidProof("proof: the public share does not belong to the shares")
        return prepared.output_share

    def aggregate(self, total: list[int] | None, output_share: list[int]) -> list[int]:
        """``total``, of ``output_length`` elements (``None`` for an empty sum), with one more."""
        start = total if total is not None else [0] * self.circuit.output_length
        return self.field.add(start, output_share)

    def unshard(self, aggregate_shares: list[bytes]) -> list[int]:
        """The sum: field elements, of which those above half are negative (``Field.signed``)."""
        total = [0] * self.circuit.output_length
        for share in aggregate_shares:
            total = self.field.add(total, self.field.decode(share, len(total)))
        return total

    def _open_input_share(
        self, context: bytes, aggregator: int, share: bytes
    ) -> tuple[list[int], list[int], bytes]:
        """(measurement, proof, blind)."""
        if not 0 <= aggregator < self.shares:
            raise ParameterError(f"sum: aggregator {aggregator} of {self.shares}")
        if aggregator == 0:
            _exactly("input share", share, self.leader_share_size)
            length = self.circuit.measurement_length
            total = length + self.flp.proof_length
            size = total * self.field.encoded_size
            elements = self.field.decode(share[:size], total)
            return elements[:length], elements[length:], share[size:]
        _exactly("input share", share, self.helper_share_size)
        seed, blind = share[:SEED_SIZE], share[SEED_SIZE:]
        measurement = self._measurement_share(context, aggregator, seed)
        return measurement, self._proof_share(context, aggregator, seed), blind

    def _measurement_share(self, context: bytes, helper: int, seed: bytes) -> list[int]:
        tag = self._tag(_MEASUREMENT_SHARE, context)
        length = self.circuit.measurement_length
        return expand(self.field, seed, tag, bytes([helper]), length)

    def _proof_share(self, context: bytes, helper: int, seed: bytes) -> list[int]:
        tag = self._tag(_PROOF_SHARE, context)
        return expand(self.field, seed, tag, bytes([1, helper]), self.flp.proof_length)

    def _joint_rand_part(
        self, context: bytes, aggregator: int, blind: bytes, measurement: list[int], nonce: bytes
    ) -> bytes:
        binder = bytes([aggregator]) + nonce + self.field.encode(measurement)
        return derive_seed(blind, self._tag(_JOINT_RAND_PART, context), binder)

    def _joint_rand_seed(self, context: bytes, parts: list[bytes]) -> bytes:
        return derive_seed(bytes(SEED_SIZE), self._tag(_JOINT_RAND_SEED, context), b"".join(parts))

    def _joint_rand(self, context: bytes, seed: bytes) -> list[int]:
        tag = self._tag(_JOINT_RAND, context)
        return expand(self.field, seed, tag, b"\1", self.circuit.joint_rand_length)

    def _tag(self, usage: int, context: bytes) -> bytes:
        """The domain separation tag (VDAF, 6.2.3): version, class 0, algorithm, usage, context."""
        return (
            bytes([VERSION, 0])
            + self.algorithm.to_bytes(4, "big")
            + usage.to_bytes(2, "big")
            + context
        )


def _exactly(what: str, content: bytes, size: int) -> None:
    if len(content) != size:
        raise MalformedShare(f"{what}: {len(content)} bytes, not {size}")
