# SPDX-License-Identifier: Apache-2.0
"""Canonical JSON has the bytes of RFC 8785, whichever encoder spells it."""

import math
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given, settings
from hypothesis import strategies as st

from privcv_core.protocol.canonical_json import canonical
from privcv_core.protocol.errors import EnvelopeError

TEXTS = st.one_of(st.text(max_size=6), st.text(st.characters(max_codepoint=127), max_size=6))
NUMBERS = st.one_of(
    st.integers(-(2**53) + 1, 2**53 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(-2, 2).map(lambda share: round(share, 3)),
    st.integers(-(2**60), 2**60).map(float),
)
CONTENT = st.recursive(
    st.one_of(st.none(), st.booleans(), TEXTS, NUMBERS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(CONTENT)
@example([1.0, -0.0, 1e-6, 1e-7, 1e16, 1e21, 0.1 + 0.2, 2.0**53, 0.0001, 9e15])
@example({"b": '\x7f\x00\n"\\/', "a": [True, None, 1]})
@settings(max_examples=400, deadline=None)
def test_the_bytes_are_those_of_the_peer(content: Any) -> None:
    assert canonical(content) == rfc8785.dumps(content)


@pytest.mark.parametrize(
    "content", [math.nan, math.inf, 2**53, {1: 2}, {"a": {2}}, b"bytes", "\ud800"]
)
def test_what_json_cannot_say_is_refused(content: Any) -> None:
    with pytest.raises(EnvelopeError):
        canonical(content)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (2.0**53, b"9007199254740992"),
        (-(2.0**53), b"-9007199254740992"),
        (9e15, b"9000000000000000"),
    ],
)
def test_whole_numbers_beyond_the_exact_ones_have_no_point(number: float, text: bytes) -> None:
    """ECMAScript spells them so (RFC 8785, appendix B)."""
    assert canonical({"a": number}) == b'{"a":' + text + b"}"
