# SPDX-License-Identifier: Apache-2.0
"""Finite fields that number theoretic transforms work in: Field64 and Field128 (VDAF, 6.1).

An element is a plain ``int`` in ``[0, modulus)``, a vector a list of them.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from privcv_across.errors import MalformedShare


@dataclass(frozen=True)
class Field:
    """A prime field with a multiplicative subgroup of order ``2**order_log2``."""

    modulus: int
    encoded_size: int
    """Bytes of an encoded element, little-endian: 8 or 16."""
    generator: int
    """Of the subgroup."""
    order_log2: int

    def encode(self, elements: Iterable[int]) -> bytes:
        """``encoded_size`` bytes for each element."""
        return b"".join(element.to_bytes(self.encoded_size, "little") for element in elements)

    def decode(self, encoded: bytes, length: int) -> list[int]:
        """``length`` elements; raises ``MalformedShare`` for another size or one >= modulus."""
        if len(encoded) != length * self.encoded_size:
            raise MalformedShare(
                f"field elements: {len(encoded)} bytes, not {length * self.encoded_size}"
            )
        elements = self.unpack(encoded)
        if elements and max(elements) >= self.modulus:
            raise MalformedShare("field elements: one is not below the modulus")
        return elements

    def unpack(self, encoded: bytes) -> list[int]:
        """The integers that ``encoded`` holds, of which some may be too large for the field."""
        words = struct.unpack(f"<{len(encoded) // 8}Q", encoded)
        if self.encoded_size == 8:
            return list(words)
        return [low | high << 64 for low, high in zip(words[::2], words[1::2], strict=True)]

    def add(self, left: Iterable[int], right: Iterable[int]) -> list[int]:
        """Element by element; both of one length."""
        return [(a + b) % self.modulus for a, b in zip(left, right, strict=True)]

    def subtract(self, left: Iterable[int], right: Iterable[int]) -> list[int]:
        """Element by element; both of one length."""
        return [(a - b) % self.modulus for a, b in zip(left, right, strict=True)]

    def inverse(self, element: int) -> int:
        """The number whose product with ``element`` is 1; ``ValueError`` for 0."""
        return pow(element, -1, self.modulus)

    def inverses(self, elements: list[int]) -> list[int]:
        """Of each element, none of them 0, for the price of one (Montgomery's trick)."""
        before, product = [], 1
        for element in elements:
            before.append(product)
            product = product * element % self.modulus
        rest = self.inverse(product)
        found = [0] * len(elements)
        for place in range(len(elements) - 1, -1, -1):
            found[place] = rest * before[place] % self.modulus
            rest = rest * elements[place] % self.modulus
        return found

    def signed(self, element: int) -> int:
        """The integer of the smallest size that ``element`` stands for: above half is negative."""
        return element - self.modulus if element > self.modulus // 2 else element


FIELD64 = Field(
    modulus=2**32 * 4294967295 + 1,
    encoded_size=8,
    generator=pow(7, 4294967295, 2**32 * 4294967295 + 1),
    order_log2=32,
)
FIELD128 = Field(
    modulus=2**66 * 4611686018427387897 + 1,
    encoded_size=16,
    generator=pow(7, 4611686018427387897, 2**66 * 4611686018427387897 + 1),
    order_log2=66,
)


@cache
def roots_of_unity(field: Field, n: int) -> tuple[int, ...]:
    """The powers 0 … n-1 of the n-th root of unity; ``n`` is a power of two."""
    root = pow(field.generator, 1 << (field.order_log2 - n.bit_length() + 1), field.modulus)
    powers = [1]
    for _ in range(n - 1):
        powers.append(powers[-1] * root % field.modulus)
    return tuple(powers)
