# SPDX-License-Identifier: Apache-2.0
"""XofTurboShake128: a stream of random numbers from a seed (VDAF, 6.2.1; RFC 9861)."""

from Cryptodome.Hash import TurboSHAKE128

from privcv_across.vdaf.field import Field

SEED_SIZE = 32
"""Bytes."""


class XofTurboShake128:
    """The stream for ``seed`` (at most 255 bytes), ``tag`` (its purpose) and ``binder``."""

    def __init__(self, seed: bytes, tag: bytes, binder: bytes) -> None:
        self._stream = TurboSHAKE128.new(domain=1)
        head = len(tag).to_bytes(2, "little") + tag + len(seed).to_bytes(1, "little") + seed
        self._stream.update(head + binder)

    def read(self, length: int) -> bytes:
        """The next ``length`` bytes."""
        return self._stream.read(length)

    def elements(self, field: Field, length: int) -> list[int]:
        """The next ``length`` elements of ``field``, uniform: numbers too large are passed over."""
        found: list[int] = []
        while len(found) < length:
            drawn = field.unpack(self.read((length - len(found)) * field.encoded_size))
            found += [number for number in drawn if number < field.modulus]
        return found


def derive_seed(seed: bytes, tag: bytes, binder: bytes) -> bytes:
    """The first ``SEED_SIZE`` bytes of a stream."""
    return XofTurboShake128(seed, tag, binder).read(SEED_SIZE)


def expand(field: Field, seed: bytes, tag: bytes, binder: bytes, length: int) -> list[int]:
    """The first ``length`` elements of a stream."""
    return XofTurboShake128(seed, tag, binder).elements(field, length)
