# SPDX-License-Identifier: Apache-2.0
"""No number that is none gets past an option, and a topic is called as ROS would call it."""

import math

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from privcv_core.errors import SettingsError
from privcv_core.settings.number_option import Number
from privcv_core.settings.topic_name import check_topic_name

NONE = [
    "nan",
    "-nan",
    "inf",
    "-inf",
    "1e999",
    "",
    "ten",
    "0x10",
    "1_0_",
    "1,5",
    "\udce9",
    "1" * 5000,
]


@pytest.mark.parametrize("text", NONE)
@pytest.mark.parametrize("whole", [False, True])
def test_what_is_no_number_is_one_line_that_names_the_option(text: str, whole: bool):
    option = click.Option(["--fps"], type=Number(low=-1e308, whole=whole))
    with pytest.raises(SettingsError, match=r"^--fps .{0,60}: must be a (whole )?number"):
        option.type.convert(text, option, None)


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_what_is_let_pass_is_finite_and_in_range(value: float):
    number = Number(above=0, high=1000)
    try:
        taken = number.convert(value, None, None)
    except SettingsError:
        assert not (math.isfinite(value) and 0 < value <= 1000)
    else:
        assert 0 < taken <= 1000


@pytest.mark.parametrize(
    "name", ["/a", "image_raw", "/lobby/image_raw/compressed", "~/image", "_a"]
)
def test_names_of_topics_are_taken(name: str):
    assert check_topic_name(name) == name


@pytest.mark.parametrize(
    "name",
    ["", "/", "a b", "/a/", "//a", "/a//b", "/1a", "/a/2", "a-b", "/a__b", "/\xe9", "/a\n", "~a",
     "/{node}", "/" + "a" * 300, "\udce9", "/a\0"],
)  # fmt: skip
def test_others_are_refused(name: str):
    with pytest.raises(ValueError, match="must be a topic's name"):
        check_topic_name(name)


@given(st.text())
def test_every_text_is_either(text: str):
    try:
        assert check_topic_name(text).isascii()
    except ValueError:
        return
