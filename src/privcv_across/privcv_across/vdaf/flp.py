# SPDX-License-Identifier: Apache-2.0
"""Fully linear proofs that a shared measurement satisfies its circuit (VDAF, 7.3; BBCGGI19, 4.3).

The inputs of each wire of the gadget over all calls are values of one polynomial at roots of unity;
the proof is a random start of each wire and the gadget's output as a polynomial. Whoever verifies
looks at all of them at one random point. All of it is linear, so that shares verify shares.
"""

from operator import mul
from typing import Any

from privcv_across.vdaf.circuits import Circuit
from privcv_across.vdaf.polynomial import last_value, values_between, weights_at


class Flp:
    """The proof system for ``circuit``. Lengths are of field elements."""

    def __init__(self, circuit: Circuit[Any]) -> None:
        self.circuit = circuit
        self.field = circuit.field
        self.wires = 2 * circuit.chunk_length
        self.wire_size = 1 << circuit.calls.bit_length()
        """Values of a wire's polynomial: the random start, and one a call, to a power of two."""
        self.prove_rand_length = self.wires
        self.query_rand_length = 1 + (circuit.checks if circuit.checks > 1 else 0)
        self.proof_length = self.wires + 2 * self.wire_size - 1
        self.verifier_length = self.wires + 2

    def prove(self, encoded: list[int], prove_rand: list[int], joint_rand: list[int]) -> list[int]:
        """The proof for a whole encoded measurement; sound only if that satisfies the circuit."""
        field, modulus = self.field, self.field.modulus
        calls = self.circuit.gadget_inputs(encoded, joint_rand, 1)
        padding = [[0] * self.wires] * (self.wire_size - 1 - len(calls))
        wires = [list(wire) for wire in zip(prove_rand, *calls, *padding, strict=True)]
        between = [values_between(field, wire) for wire in wires]
        even, odd = _inner_products(wires, modulus), _inner_products(between, modulus)
        gadget = [value for pair in zip(even, odd, strict=True) for value in pair]
        return prove_rand + gadget[:-1]

    def query(
        self,
        encoded: list[int],
        proof: list[int],
        query_rand: list[int],
        joint_rand: list[int],
        shares: int,
    ) -> list[int]:
        """A share of the verifier from a share of the measurement and of the proof.

        Raises ``InvalidProof`` where ``query_rand`` would reveal a value, which no honest draw does
        but once in about 10**17 (Field64; Field128: 10**36).
        """
        field, circuit, modulus = self.field, self.circuit, self.field.modulus
        starts, gadget = proof[: self.wires], proof[self.wires :]
        gadget = [*gadget, last_value(field, gadget)]
        one = field.inverse(shares)
        calls = circuit.gadget_inputs(encoded, joint_rand, one)
        products = gadget[2 : 2 * len(calls) + 1 : 2]
        *reduction, point = query_rand
        results = circuit.results(encoded, products, one)
        result = sum(map(mul, reduction, results)) if reduction else results[0]
        weights = weights_at(field, self.wire_size, point)
        wire_checks = [
            sum(map(mul, weights, wire)) % modulus for wire in zip(starts, *calls, strict=True)
        ]
        gadget_weights = weights_at(field, 2 * self.wire_size, point)
        gadget_check = sum(map(mul, gadget_weights, gadget)) % modulus
        return [result % modulus, *wire_checks, gadget_check]

    def decide(self, verifier: list[int]) -> bool:
        """Whether the sum of all shares of the verifier proves that the circuit is satisfied."""
        result, *wire_checks, gadget_check = verifier
        product = sum(map(mul, wire_checks[::2], wire_checks[1::2]))
        return result == 0 and (product - gadget_check) % self.field.modulus == 0


def _inner_products(wires: list[list[int]], modulus: int) -> list[int]:
    """The gadget on each place of the wires, left and right ones in turn."""
    return [
        sum(map(mul, inputs[::2], inputs[1::2])) % modulus for inputs in zip(*wires, strict=True)
    ]
