# SPDX-License-Identifier: Apache-2.0
"""A press of the button pauses the counting; what is no press does not."""

import os
import struct
import threading
import tty
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest
from compliance_site import NOW

from privcv_compliance.objection import desk as desk_module
from privcv_compliance.objection.button import ButtonLost, opened_button, presses
from privcv_compliance.objection.desk import Desk
from privcv_compliance.site_file import SiteFile
from privcv_core.audit.verify import read_chain
from privcv_core.authorization.pause import PauseWatch
from privcv_site.desk import ButtonSettings

ENTER, SPACE = 28, 57  # linux/input-event-codes.h
KEY, SYN = 1, 0


def event(kind: int, code: int, value: int) -> bytes:
    """As linux/input.h has it on 64 bits: two times of 8 bytes, two words, one number."""
    return struct.pack("=qqHHi", 1_700_000_000, 0, kind, code, value)


def pressed(code: int) -> bytes:
    return event(KEY, code, 1) + event(SYN, 0, 0) + event(KEY, code, 0) + event(SYN, 0, 0)


Device = tuple[IO[bytes], Path]


@pytest.fixture
def device() -> Iterator[Device]:
    """A character device whose other end a test writes to: a terminal in raw mode."""
    master, slave = os.openpty()
    tty.setraw(slave)
    with open(master, "wb", buffering=0) as end, open(slave, "rb", buffering=0):
        yield end, Path(os.ttyname(slave))


def test_a_press_is_told_once_and_nothing_else_is_one(device: Device) -> None:
    master, path = device
    held = event(KEY, ENTER, 2) * 20
    sent = pressed(SPACE) + held + event(2, ENTER, 1) + event(4, 4, 458756) + pressed(ENTER)
    for cut in (5, 24, 100, len(sent)):  # a read ends anywhere
        part, sent = sent[:cut], sent[cut:]
        master.write(part)
    master.write(sent)
    with opened_button(path) as descriptor:
        assert next(presses(descriptor, ENTER)) == ENTER
    master.write(pressed(SPACE) + pressed(ENTER))
    with opened_button(path) as descriptor:
        told = presses(descriptor)
        assert [next(told), next(told)] == [SPACE, ENTER]


def test_what_is_no_device_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(pressed(ENTER))
    with pytest.raises(ButtonLost, match="is no device"), opened_button(tmp_path / "file"):
        pass
    with pytest.raises(ButtonLost, match="cannot be opened"), opened_button(tmp_path / "none"):
        pass


def test_a_press_pauses_and_an_unplugged_button_is_looked_for_again(
    site: SiteFile, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    master, path = device
    told: list[str] = []
    paused, lost = threading.Event(), threading.Event()

    class Enough(Exception):
        """Ends the watch, which has no end."""

    def tell(words: str) -> None:
        told.append(words)
        if "nobody is counted" in words:
            paused.set()

    def sleep(_: float) -> None:
        lost.set()
        raise Enough

    monkeypatch.setattr(desk_module.time, "sleep", sleep)
    desk = Desk(site, tell)

    def watch() -> None:
        with pytest.raises(Enough):
            desk.watch(ButtonSettings(device=path, key=ENTER, minutes=7))

    thread = threading.Thread(target=watch)
    thread.start()
    master.write(pressed(SPACE) + pressed(ENTER))
    assert paused.wait(60)
    master.close()
    assert lost.wait(60)
    thread.join()
    assert any("nobody is counted for 7 min" in words for words in told)
    assert PauseWatch(site.state, "lobby").decide(NOW) is not None
    (entry,) = read_chain(site.audit.folder, "desk", "counting.paused")
    assert entry.facts["by"] == "button"
