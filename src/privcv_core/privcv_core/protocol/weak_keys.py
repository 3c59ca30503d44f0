# SPDX-License-Identifier: Apache-2.0
"""Weak keys: public Ed25519 keys of small order, and shared secrets that nobody drew at random.

Under a key of small order one signature fits every message, so that who enrols it lets anybody
sign. A public key that ``SigningKey`` makes is the canonical encoding of a point of the prime order
L, and nothing else is taken: RFC 8032, 5.1.3 (decoding) and 5.1.7; the eight points of small order
and their other spellings are listed in "Taming the many EdDSAs" (https://eprint.iacr.org/2020/1244).
"""

from functools import lru_cache
from itertools import pairwise

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
_SQRT_MINUS_ONE = pow(2, (P - 1) // 4, P)
_DISTINCT_BYTES = 16  # 32 random bytes have about 30 values; fewer than 16 come once in 10**15

Point = tuple[int, int, int, int]
"""X, Y, Z, T with x = X/Z, y = Y/Z, xy = T/Z: extended coordinates, RFC 8032, 5.1.4."""


@lru_cache(maxsize=4096)
def ed25519_weakness(public: bytes) -> str | None:
    """What is wrong with a public key of 32 bytes, or ``None``; milliseconds the first time."""
    encoded = int.from_bytes(public, "little")
    sign, y = encoded >> 255, encoded & (2**255 - 1)
    if y >= P:
        return "is not spelled canonically"
    x = _square_root((y * y - 1) * pow(D * y * y + 1, -1, P) % P)
    if x is None:
        return "is no point of the curve"
    if x == 0 and sign:
        return "is not spelled canonically"
    if x & 1 != sign:
        x = P - x
    point = (x, y, 1, x * y % P)
    if _is_identity(_times(8, point)):
        return "is of small order: anybody can sign for it"
    if not _is_identity(_times(L, point)):
        return "is not of prime order"
    return None


def secret_weakness(secret: bytes) -> str | None:
    """What is wrong with a shared secret of 32 bytes, or ``None``: it must look drawn at random."""
    steps = {(after - before) % 256 for before, after in pairwise(secret)}
    if len(set(secret)) < _DISTINCT_BYTES or len(steps) == 1:
        return "is no random secret"
    return None


def _square_root(square: int) -> int | None:
    """The root of ``square`` modulo P, either of the two; ``None`` where there is none."""
    root = pow(square, (P + 3) // 8, P)
    if root * root % P != square:
        root = root * _SQRT_MINUS_ONE % P
    return root if root * root % P == square else None


def _times(factor: int, point: Point) -> Point:
    result: Point = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            result = _sum(result, point)
        point = _sum(point, point)
        factor >>= 1
    return result


def _sum(first: Point, second: Point) -> Point:
    a = (first[1] - first[0]) * (second[1] - second[0]) % P
    b = (first[1] + first[0]) * (second[1] + second[0]) % P
    c = 2 * first[3] * second[3] * D % P
    d = 2 * first[2] * second[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _is_identity(point: Point) -> bool:
    x, y, z, _ = point
    return x % P == 0 and (y - z) % P == 0
