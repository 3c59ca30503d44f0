# SPDX-License-Identifier: Apache-2.0
"""Fields and polynomials against their definitions: primes, orders, Horner's rule."""

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privcv_across.errors import InvalidProof, MalformedShare
from privcv_across.vdaf.field import FIELD64, FIELD128, Field, roots_of_unity
from privcv_across.vdaf.polynomial import inverse_ntt, last_value, ntt, values_between, weights_at
from privcv_across.vdaf.xof import expand

FIELDS = pytest.mark.parametrize("field", [FIELD64, FIELD128], ids=["64", "128"])
SIZES = st.sampled_from([1, 2, 4, 8, 16, 32])


def horner(field: Field, coefficients: list[int], point: int) -> int:
    value = 0
    for coefficient in reversed(coefficients):
        value = (value * point + coefficient) % field.modulus
    return value


def elements(field: Field, data: st.DataObject, size: int) -> list[int]:
    edges = st.sampled_from([0, 1, field.modulus - 1])
    one = edges | st.integers(0, field.modulus - 1)
    return data.draw(st.lists(one, min_size=size, max_size=size))


@FIELDS
def test_the_modulus_is_prime_and_the_generator_has_the_order_that_is_said(field: Field) -> None:
    # Pocklington: the modulus less 1 is 2**k times something smaller than 2**k, and k bits of its
    # factors are known.
    rest, k = field.modulus - 1, 0
    while rest % 2 == 0:
        rest, k = rest // 2, k + 1
    assert k == field.order_log2
    assert 2**k > rest
    assert any(pow(a, (field.modulus - 1) // 2, field.modulus) == field.modulus - 1 for a in (3, 7))
    assert pow(field.generator, 2**k, field.modulus) == 1
    assert pow(field.generator, 2 ** (k - 1), field.modulus) == field.modulus - 1


@FIELDS
@settings(deadline=None)
@given(data=st.data(), size=SIZES)
def test_the_transform_gives_values_at_roots_and_back(
    field: Field, data: st.DataObject, size: int
) -> None:
    coefficients = elements(field, data, size)
    roots = roots_of_unity(field, size)
    values = ntt(field, coefficients)
    assert values == [horner(field, coefficients, root) for root in roots]
    assert inverse_ntt(field, values) == coefficients
    odd = roots_of_unity(field, 2 * size)[1::2]
    assert values_between(field, values) == [horner(field, coefficients, root) for root in odd]


@FIELDS
@settings(deadline=None)
@given(data=st.data(), size=SIZES)
def test_the_value_at_a_point_is_the_weighted_sum(
    field: Field, data: st.DataObject, size: int
) -> None:
    coefficients = elements(field, data, size)
    (point,) = elements(field, data, 1)
    values = ntt(field, coefficients)
    if point in roots_of_unity(field, size):
        with pytest.raises(InvalidProof):
            weights_at(field, size, point)
        return
    weights = weights_at(field, size, point)
    total = sum(w * v for w, v in zip(weights, values, strict=True)) % field.modulus
    assert total == horner(field, coefficients, point)


@FIELDS
@settings(deadline=None)
@given(data=st.data(), size=st.sampled_from([2, 4, 8, 16]))
def test_a_polynomial_of_one_degree_less_needs_one_value_less(
    field: Field, data: st.DataObject, size: int
) -> None:
    coefficients = [*elements(field, data, size - 1), 0]
    values = ntt(field, coefficients)
    assert last_value(field, values[:-1]) == values[-1]


@FIELDS
@settings(deadline=None)
@given(data=st.data())
def test_what_is_encoded_is_decoded_and_nothing_else(field: Field, data: st.DataObject) -> None:
    some = elements(field, data, 5)
    encoded = field.encode(some)
    assert len(encoded) == 5 * field.encoded_size
    assert field.decode(encoded, 5) == some
    for length, wrong in ((4, encoded), (6, encoded), (5, encoded[:-1]), (5, encoded + b"\0")):
        with pytest.raises(MalformedShare):
            field.decode(wrong, length)
    too_large = data.draw(st.integers(field.modulus, 256**field.encoded_size - 1))
    with pytest.raises(MalformedShare):
        field.decode(encoded + too_large.to_bytes(field.encoded_size, "little"), 6)


@FIELDS
@settings(deadline=None)
@given(data=st.data())
def test_many_inverses_are_those_of_each(field: Field, data: st.DataObject) -> None:
    some = data.draw(st.lists(st.integers(1, field.modulus - 1), max_size=9))
    inverses = field.inverses(some)
    assert [a * b % field.modulus for a, b in zip(some, inverses, strict=True)] == [1] * len(some)


@FIELDS
def test_numbers_above_half_are_negative(field: Field) -> None:
    for number in (0, 1, -1, 12345, -12345):
        assert field.signed(number % field.modulus) == number


def test_a_number_too_large_for_the_field_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once in 2**32 for Field64: the stream is replaced by one in which it happens."""
    words = [5, FIELD64.modulus, 7, 2**64 - 1, FIELD64.modulus - 1, 3]
    stream = itertools.chain(b"".join(word.to_bytes(8, "little") for word in words))
    monkeypatch.setattr(
        "privcv_across.vdaf.xof.XofTurboShake128.read",
        lambda self, length: bytes(itertools.islice(stream, length)),
    )
    assert expand(FIELD64, bytes(32), b"", b"", 4) == [5, 7, FIELD64.modulus - 1, 3]


def test_random_elements_use_the_whole_field() -> None:
    drawn = expand(FIELD128, random.Random(1).randbytes(32), b"tag", b"", 4000)
    mean = sum(drawn) / len(drawn) / FIELD128.modulus
    assert abs(mean - 0.5) < 5 / (12 * 4000) ** 0.5  # five standard deviations, of a fixed seed
