# SPDX-License-Identifier: Apache-2.0
"""Polynomials as their values at roots of unity, and the number theoretic transform between those.

Lagrange basis: a polynomial of degree below ``n``, a power of two, is the list of its values at
the n-th roots of unity, in the order of ``roots_of_unity`` (VDAF, 6.1.3; Faz25, ia.cr/2025/1727).
"""

from functools import cache
from operator import mul

from privcv_across.errors import InvalidProof
from privcv_across.vdaf.field import Field, roots_of_unity


def ntt(field: Field, coefficients: list[int]) -> list[int]:
    """Values at the n-th roots of unity of a polynomial of ``n`` coefficients, lowest first."""
    n, modulus = len(coefficients), field.modulus
    values = [coefficients[place] for place in _bit_reversed(n)]
    size = 1
    while size < n:
        twiddles = roots_of_unity(field, 2 * size)
        for start in range(0, n, 2 * size):
            for i in range(start, start + size):
                even, odd = values[i], twiddles[i - start] * values[i + size] % modulus
                values[i] = (even + odd) % modulus
                values[i + size] = (even - odd) % modulus
        size *= 2
    return values


def inverse_ntt(field: Field, values: list[int]) -> list[int]:
    """The coefficients, lowest first, of the polynomial with ``values`` at the roots of unity."""
    n = len(values)
    scaled = ntt(field, values)
    one_nth = field.inverse(n)
    return [scaled[-place % n] * one_nth % field.modulus for place in range(n)]


def values_between(field: Field, values: list[int]) -> list[int]:
    """Values at the odd ones of the 2n-th roots of unity, from those at the n-th: the even ones."""
    n = len(values)
    shifts = roots_of_unity(field, 2 * n)
    coefficients = inverse_ntt(field, values)
    shifted = [c * s % field.modulus for c, s in zip(coefficients, shifts, strict=False)]
    return ntt(field, shifted)


def last_value(field: Field, values: list[int]) -> int:
    """The value at the last of n-th roots of unity of a polynomial of degree below ``n - 1``.

    ``values`` are the other n-1. Its coefficient of degree n-1 is the sum of value times root over
    all n, over n, and is 0.
    """
    roots = roots_of_unity(field, len(values) + 1)
    total: int = sum(map(mul, values, roots))
    return -roots[1] * total % field.modulus


def weights_at(field: Field, n: int, point: int) -> list[int]:
    """What the values at the n-th roots of unity are weighted with for the value at ``point``.

    The barycentric formula: ``(point**n - 1) / n * root / (point - root)``. Raises
    ``InvalidProof`` where ``point`` is one of the roots, which would reveal a value.
    """
    modulus = field.modulus
    factor = (pow(point, n, modulus) - 1) % modulus
    if factor == 0:
        raise InvalidProof("proof: the point of the query is a root of unity")
    roots = roots_of_unity(field, n)
    factor = factor * field.inverse(n) % modulus
    inverses = field.inverses([point - root for root in roots])
    return [
        factor * root % modulus * inv % modulus for root, inv in zip(roots, inverses, strict=True)
    ]


@cache
def _bit_reversed(n: int) -> tuple[int, ...]:
    """0 … n-1, each with its bits in reverse."""
    places = [0]
    while len(places) < n:
        places = [2 * place for place in places] + [2 * place + 1 for place in places]
    return tuple(places)
