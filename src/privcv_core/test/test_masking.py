# SPDX-License-Identifier: Apache-2.0
"""No spelling of an address shows what it may hold beyond scheme, host and port."""

import io
import logging
import sys
import threading
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privcv_core.masked_output import mask_what_is_printed
from privcv_core.masking import forget, hint_of, mask, mask_address, problem_of, remember

CANARY = "c4naryS3cret"


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    forget()
    yield
    forget()


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (f"rtsp://admin:{CANARY}@cam:554/live", "rtsp://***@cam:554/***"),
        (f"rtsp://admin:{CANARY}@cam", "rtsp://***@cam"),
        (f"rtsp://{CANARY}@10.0.0.7/", "rtsp://***@10.0.0.7/"),
        (f"rtsp://:{CANARY}@[fe80::1%25eth0]:554", "rtsp://***@[fe80::1%25eth0]:554"),
        (f"rtsps://10.0.0.1:7441/{CANARY}?enableSrtp", "rtsps://10.0.0.1:7441/***"),
        (f"rtsp://cam/user=admin_password={CANARY}_channel=1.sdp", "rtsp://cam/***"),
        (f"rtsp://cam/live?token={CANARY}&x=a@b", "rtsp://***"),
        (f"http://cam?pwd={CANARY}", "http://cam/***"),
        (f"https://api.example/v1/{CANARY}#frag", "https://api.example/***"),
        (f"rtsp://admin:p@{CANARY}@cam/live", "rtsp://***@cam/***"),
        (f"rtsp://admin:p/{CANARY}@cam/live", "rtsp://***"),
        (f"rtsp://admin:{CANARY}#x@cam/live", "rtsp://***"),
        (f"rtsp://admin:12/{CANARY}@cam", "rtsp://***"),
        (f"rtsp://admin:{CANARY}", "rtsp://***"),
        (f"rtsp://admin:{CANARY}\\x@cam", "rtsp://***"),
        (f"postgresql+psycopg://u:{CANARY}@db:5432/totals", "postgresql+psycopg://***@db:5432/***"),
        ("rtsp://camera.local:8554", "rtsp://camera.local:8554"),
        ("file:///srv/video.mp4", "file:///srv/video.mp4"),
        ("sqlite:///totals.db", "sqlite:///totals.db"),
        ("/dev/video0", "/dev/video0"),
        ("lobby/video.avi", "lobby/video.avi"),
    ],
)
def test_of_an_address_only_where_it_is_is_shown(address: str, shown: str) -> None:
    assert mask_address(address) == shown
    assert mask(address) == shown
    assert mask(f"cannot open '{address}': no answer") == f"cannot open '{shown}': no answer"


@pytest.mark.parametrize(
    "text",
    [
        f"open /srv/rtsp:/admin:{CANARY}@cam/live failed",  # as a path writes an address
        f"admin:{CANARY}@10.0.0.7/live: no such file",  # without its scheme
        f"rtsp://a:{CANARY}@b,rtsp://c:{CANARY}@d/e",
        f"(rtsp://a:{CANARY}@b) and <http://c/{CANARY}>;",
        f'{{"uri": "rtsp://a:{CANARY}@b/c", "kind": "rtsp"}}',
        f"RTSP://a:{CANARY}@b",
        f"rtsp://a:{CANARY}",
    ],
)
def test_addresses_are_found_in_any_text(text: str) -> None:
    assert CANARY not in mask(text)


def test_the_rest_of_a_text_stays() -> None:
    text = "cameras.lobby: 12:30 at 50% (see docs/uplink.md), a@b.c, x:=y, C:/x, 1/2 and/or [a:b]"
    assert mask(text) == text


_password = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12)


@given(before=_password, after=_password)
def test_no_password_shows_however_odd_it_is(before: str, after: str) -> None:
    address = f"rtsp://admin:{before}{CANARY}{after}@cam.local:554/Streaming/Channels/101"
    assert CANARY not in mask_address(address)
    assert CANARY not in mask(f"camera lost: {address}; trying again")


@given(password=_password)
def test_an_encoded_password_is_taken_and_an_unencoded_one_is_or_is_hinted_at(
    password: str,
) -> None:
    assert problem_of(f"rtsp://admin:{quote(password, safe='')}@cam:554/live") == ""
    raw = f"rtsp://admin:{password}@cam:554/live"
    if any(character in password for character in "/?#@:"):
        assert "percent-encode" in problem_of(raw) + hint_of(raw)


@pytest.mark.parametrize("password", ["p@ss/w#rd", "a/b", "x#y", "with space", "100%"])
def test_a_password_that_an_address_cannot_hold_is_refused_with_the_fix(password: str) -> None:
    problem = problem_of(f"rtsp://admin:{password}@cam:554/live")
    assert "percent-encode" in problem
    assert password not in problem


@pytest.mark.parametrize(
    "address",
    ["rtsp://cam", "rtsp://cam:554/", "rtsp://cam/live@1",
     "rtsps://[::1]:322/x?y=z", "rtsp://user@cam/x"],
)  # fmt: skip
def test_an_ordinary_address_is_no_problem(address: str) -> None:
    assert problem_of(address) == ""


def test_what_an_address_held_is_masked_where_it_stands_alone() -> None:
    remember(f"rtsp://admin:{quote('k@n/ary-pw', safe='')}@cam/x?token={CANARY}&channel=1")
    for told in ("k@n/ary-pw", quote("k@n/ary-pw", safe=""), CANARY):
        assert told not in mask(f"Failed to resolve hostname {told}: unknown")
    assert mask("channel 1 of camera x") == "channel 1 of camera x"
    remember(f"rtsp://cam/user=admin_password={CANARY}x_channel=1")
    assert f"{CANARY}x" not in mask(f"option {CANARY}x is not known")


def test_logs_and_what_a_process_dies_of_are_masked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    error = io.StringIO()
    monkeypatch.setattr(sys, "stderr", error)
    hooks = sys.excepthook, threading.excepthook, logging.getLogRecordFactory()
    try:
        mask_what_is_printed()
        handler = logging.StreamHandler(error)
        logger = logging.getLogger("masked")
        logger.addHandler(handler)
        try:
            raise OSError(f"rtsp://a:{CANARY}@b/c: refused")
        except OSError as raised:
            logger.exception("cannot open %s", f"rtsp://a:{CANARY}@b/c")
            sys.excepthook(type(raised), raised, raised.__traceback__)

        def die() -> None:
            raise OSError(f"rtsp://a:{CANARY}@b/c: refused")

        thread = threading.Thread(target=die, name="frames")
        thread.start()
        thread.join()
    finally:
        sys.excepthook, threading.excepthook = hooks[:2]
        logging.setLogRecordFactory(hooks[2])
        logger.removeHandler(handler)
    assert CANARY not in error.getvalue()
    assert error.getvalue().count("OSError: rtsp://***@b/***: refused") == 3
    assert "in thread frames" in error.getvalue()


def test_folders_of_a_database_on_this_machine_are_no_secret() -> None:
    remember("sqlite:////var/lib/privcv-collector/of-the-building/totals.db")
    told = "write it to /var/lib/privcv-collector/of-the-building/token"
    assert mask(told) == told
