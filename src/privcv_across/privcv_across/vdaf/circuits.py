# SPDX-License-Identifier: Apache-2.0
"""Validity circuits: what a measurement must be, as sums of products that vanish (VDAF, 7.3, 7.4).

Each of them calls one gadget, the inner product of two vectors of ``chunk_length`` elements
(ParallelSum of Mul in the draft; for Count, Mul). A circuit is the affine map from an encoded
measurement to the inputs of the calls, and the affine map from their results to what must be 0.
``L1BoundSum`` is draft-ietf-ppm-l1-bound-sum-02.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Generic, TypeVar

from privcv_across.errors import MeasurementError, ParameterError
from privcv_across.vdaf.field import FIELD64, FIELD128, Field

M = TypeVar("M")
MAX_LENGTH = 2**16
"""Elements of an encoded measurement: 1 MiB of a share."""


class Circuit(ABC, Generic[M]):
    """A circuit for measurements of type ``M``."""

    field: Field
    chunk_length: int
    calls: int
    """Of the gadget."""
    measurement_length: int
    """Elements of an encoded measurement."""
    joint_rand_length: int
    """Random elements that neither the device nor one collector can choose."""
    output_length: int
    """Elements of what is summed."""
    checks: int
    """Number of results that must be 0."""

    @abstractmethod
    def encode(self, measurement: M) -> list[int]:
        """``measurement_length`` elements; raises ``MeasurementError``."""

    @abstractmethod
    def gadget_inputs(self, encoded: list[int], joint_rand: list[int], one: int) -> list[list[int]]:
        """For each call, ``2 * chunk_length`` elements: left, right, left, right, …

        ``encoded`` may be a share, and ``one`` is then the same share of 1 for all.
        """

    @abstractmethod
    def results(self, encoded: list[int], products: list[int], one: int) -> list[int]:
        """The ``checks`` results, from what the gadget gave for each call."""

    @abstractmethod
    def truncate(self, encoded: list[int]) -> list[int]:
        """What is summed: ``output_length`` elements, of a share likewise."""


class Count(Circuit[int]):
    """0 or 1."""

    field, chunk_length, calls = FIELD64, 1, 1
    measurement_length, joint_rand_length, output_length, checks = 1, 0, 1, 1

    def encode(self, measurement: int) -> list[int]:
        if measurement not in (0, 1):
            raise MeasurementError(f"count: {measurement}; only 0 and 1 can be counted")
        return [int(measurement)]

    def gadget_inputs(self, encoded: list[int], joint_rand: list[int], one: int) -> list[list[int]]:
        return [[encoded[0], encoded[0]]]

    def results(self, encoded: list[int], products: list[int], one: int) -> list[int]:
        return [(products[0] - encoded[0]) % self.field.modulus]

    def truncate(self, encoded: list[int]) -> list[int]:
        return encoded


class _OfBits(Circuit[M]):
    """A measurement that is encoded as elements which must all be 0 or 1."""

    field = FIELD128

    def _measure(self, length: int, bits: int, chunk_length: int) -> None:
        if not (length >= 1 and 1 <= bits <= MAX_LENGTH and 1 <= chunk_length <= MAX_LENGTH):
            raise ParameterError(
                f"sum: {length} counts of {bits} bits in all, in chunks of {chunk_length}; from 1 "
                f"count on, and 1 to {MAX_LENGTH} bits, are possible"
            )
        self.chunk_length = chunk_length
        self.calls = -(-bits // chunk_length)
        self.measurement_length = bits
        self.joint_rand_length = self.calls

    def gadget_inputs(self, encoded: list[int], joint_rand: list[int], one: int) -> list[list[int]]:
        """For element x of a chunk the pair r**k x, x - 1: their sum of products vanishes if all
        are 0 or 1, and for a random r with a chance of at most chunk / |field| otherwise."""
        modulus, chunk = self.field.modulus, self.chunk_length
        padded = encoded + [0] * (self.calls * chunk - len(encoded))
        calls = []
        for i, r in enumerate(joint_rand):
            power, inputs = 1, list[int]()
            for element in padded[i * chunk : (i + 1) * chunk]:
                power = power * r % modulus
                inputs += (power * element % modulus, element - one)
            calls.append(inputs)
        return calls


@dataclass(eq=False)
class Histogram(_OfBits[int]):
    """One of ``length`` buckets; the measurement is its number."""

    length: int
    chunk_length: int

    checks = 2

    def __post_init__(self) -> None:
        self._measure(self.length, self.length, self.chunk_length)
        self.output_length = self.length

    def encode(self, measurement: int) -> list[int]:
        if not 0 <= measurement < self.length:
            raise MeasurementError(f"histogram: there are buckets 0 to {self.length - 1} only")
        return [int(bucket == measurement) for bucket in range(self.length)]

    def results(self, encoded: list[int], products: list[int], one: int) -> list[int]:
        modulus = self.field.modulus
        return [sum(products) % modulus, (sum(encoded) - one) % modulus]

    def truncate(self, encoded: list[int]) -> list[int]:
        return encoded


@dataclass(eq=False)
class SumVec(_OfBits[list[int]]):
    """``length`` counts, each from 0 to ``max_measurement``."""

    length: int
    max_measurement: int
    chunk_length: int

    checks = 1

    def __post_init__(self) -> None:
        self._range = BitRange(self.field, self.max_measurement)
        self._measure(self.length, self.length * self._range.bits, self.chunk_length)
        self.output_length = self.length

    def encode(self, measurement: list[int]) -> list[int]:
        return _encode_counts(measurement, self.length, self._range)

    def results(self, encoded: list[int], products: list[int], one: int) -> list[int]:
        return [sum(products) % self.field.modulus]

    def truncate(self, encoded: list[int]) -> list[int]:
        return self._range.decode_all(encoded)


@dataclass(eq=False)
class L1BoundSum(_OfBits[list[int]]):
    """``length`` counts, whose sum is from 0 to ``max_value``: what one site can add to a total."""

    length: int
    max_value: int
    chunk_length: int

    checks = 2

    def __post_init__(self) -> None:
        self._range = BitRange(self.field, self.max_value)
        self._measure(self.length, (self.length + 1) * self._range.bits, self.chunk_length)
        self.output_length = self.length

    def encode(self, measurement: list[int]) -> list[int]:
        encoded = _encode_counts(measurement, self.length, self._range)
        return encoded + self._range.encode(sum(measurement))

    def results(self, encoded: list[int], products: list[int], one: int) -> list[int]:
        *counts, claimed = self._range.decode_all(encoded)
        modulus = self.field.modulus
        return [sum(products) % modulus, (sum(counts) - claimed) % modulus]

    def truncate(self, encoded: list[int]) -> list[int]:
        return self._range.decode_all(encoded)[:-1]


class BitRange:
    """Numbers from 0 to ``maximum`` as bits of which no combination says more (VDAF, 7.4.3).

    All weights but the last are powers of two, and the last makes their sum ``maximum``.
    """

    def __init__(self, field: Field, maximum: int) -> None:
        if not 1 <= maximum < 2**64:
            raise ParameterError(f"sum: a maximum of {maximum}; from 1 to 2**64 - 1 is possible")
        self.field, self.maximum = field, maximum
        self.bits = maximum.bit_length()
        low = (1 << (self.bits - 1)) - 1
        self._low, self._last = low, maximum - low
        self._weights = [1 << place for place in range(self.bits - 1)] + [self._last]

    def encode(self, number: int) -> list[int]:
        """``bits`` elements; raises ``MeasurementError``."""
        if not 0 <= number <= self.maximum:
            raise MeasurementError(f"sum: {number} is not from 0 to the maximum, {self.maximum}")
        last = int(number > self._low)
        rest = number - last * self._last
        return [rest >> place & 1 for place in range(self.bits - 1)] + [last]

    def decode_all(self, encoded: list[int]) -> list[int]:
        """The numbers of which ``encoded`` holds ``bits`` elements each; linear in the elements."""
        bits, modulus, weights = self.bits, self.field.modulus, self._weights
        return [
            sum(w * x for w, x in zip(weights, encoded[i : i + bits], strict=True)) % modulus
            for i in range(0, len(encoded), bits)
        ]


def _encode_counts(measurement: list[int], length: int, bits: BitRange) -> list[int]:
    if len(measurement) != length:
        raise MeasurementError(f"sum: {len(measurement)} counts; this sum is of {length}")
    return [bit for count in measurement for bit in bits.encode(count)]
