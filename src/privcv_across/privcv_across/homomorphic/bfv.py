# SPDX-License-Identifier: Apache-2.0
"""Counts under homomorphic encryption (BFV; Fan and Vercauteren, ia.cr/2012/144), by TenSEAL.

Whoever has the public key encrypts and adds; whoever has the secret one reads. Extra ``he``.
128-bit security by the table of HomomorphicEncryption.org: degree 4096, SEAL's own moduli.
"""

from collections.abc import Sequence
from functools import cached_property
from types import ModuleType
from typing import Any

from privcv_across.errors import MalformedShare, MeasurementError, SealError

DEGREE = 4096
MODULUS = 1_073_692_673
"""Prime, 1 modulo 2 * DEGREE, below 2**30: sums are true while their absolute value is below half
of it."""
LARGEST_SUM = MODULUS // 2
MOST_BYTES = 100_000
"""Of a ciphertext; they have about 88,500."""
MOST_KEY_BYTES = 400_000


class PublicKey:
    """What devices encrypt with and the server adds with; ``length`` counts in each vector."""

    def __init__(self, content: bytes, length: int) -> None:
        """``content``: as ``SecretKey.public`` made it; raises ``SealError``."""
        if not 1 <= length <= DEGREE or len(content) > MOST_KEY_BYTES:
            raise SealError(f"public key: of {len(content)} bytes, for {length} counts: cannot be")
        self._content, self.length = content, length
        if self._context.is_private():
            raise SealError("public key: holds the secret key; whoever has it reads every site")

    def encrypt(self, counts: Sequence[int]) -> bytes:
        """The counts, new random numbers each time. Raises ``MeasurementError``."""
        if len(counts) != self.length or any(abs(one) > LARGEST_SUM for one in counts):
            raise MeasurementError(f"counts: must be {self.length} up to {LARGEST_SUM}")
        return bytes(_tenseal().bfv_vector(self._context, list(counts)).serialize())

    def add(self, ciphertexts: Sequence[bytes]) -> bytes:
        """The sum of at least one; raises ``MalformedShare`` for what is no ciphertext."""
        total = None
        for content in ciphertexts:
            vector = _vector(self._context, content, self.length)
            total = vector if total is None else total + vector
        if total is None:
            raise MalformedShare("ciphertexts: there is none to add")
        return bytes(total.serialize())

    @cached_property
    def _context(self) -> Any:
        try:
            return _tenseal().context_from(self._content)
        except (ValueError, RuntimeError) as error:
            raise SealError(f"public key: is none: {error}") from error


class SecretKey:
    """The offline holder's. Its ``repr`` shows nothing of it."""

    def __init__(self, content: bytes) -> None:
        """``content``: as ``encode`` made it; raises ``SealError``."""
        try:
            self._context = _tenseal().context_from(content)
        except (ValueError, RuntimeError) as error:
            raise SealError(f"secret key: is none: {error}") from error
        if not self._context.is_private():
            raise SealError("secret key: is a public one")

    @classmethod
    def generate(cls) -> "SecretKey":
        """A new one."""
        tenseal = _tenseal()
        context = tenseal.context(tenseal.SCHEME_TYPE.BFV, DEGREE, plain_modulus=MODULUS)
        made = cls.__new__(cls)
        made._context = context
        return made

    def encode(self) -> bytes:
        """Its bytes, secret."""
        return self._serialized(secret=True)

    @property
    def public(self) -> bytes:
        """What everybody may have."""
        return self._serialized(secret=False)

    def decrypt(self, ciphertext: bytes, length: int) -> list[int]:
        """The counts, negative ones too. Raises ``MalformedShare`` for what is no ciphertext.

        What was encrypted for another key comes out as numbers that mean nothing.
        """
        try:
            return [int(one) for one in _vector(self._context, ciphertext, length).decrypt()]
        except (ValueError, RuntimeError) as error:
            raise MalformedShare(f"ciphertext: cannot be read: {error}") from error

    def _serialized(self, *, secret: bool) -> bytes:
        return bytes(
            self._context.serialize(
                save_public_key=True,
                save_secret_key=secret,
                save_galois_keys=False,
                save_relin_keys=False,
            )
        )


def _vector(context: Any, content: bytes, length: int) -> Any:
    if len(content) > MOST_BYTES:
        raise MalformedShare(f"ciphertext: {len(content)} bytes; at most {MOST_BYTES} are read")
    try:
        vector = _tenseal().bfv_vector_from(context, content)
        size = vector.size()
    except (ValueError, RuntimeError) as error:
        raise MalformedShare(f"ciphertext: is none: {error}") from error
    if size != length:
        raise MalformedShare(f"ciphertext: of {size} counts, not {length}")
    return vector


def _tenseal() -> ModuleType:
    try:
        import tenseal
    except ImportError as error:
        raise SealError(
            "homomorphic sums: install the extra 'he' (Python 3.11 or newer)"
        ) from error
    return tenseal  # type: ignore[no-any-return]
