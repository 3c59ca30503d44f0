# SPDX-License-Identifier: Apache-2.0
"""An old copy of the state folder is found by what the collector has, ledger and outbox alike."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from uplink_settings import uplink_settings
from waiting import wait_until

from privcv_collector.devices.administration import issue_enrolment_token
from privcv_collector.testing import CollectorProcess, running_collector
from privcv_core.protocol.canonical_json import canonical
from privcv_core.protocol.demo_certificates import DemoCertificates, demo_certificates
from privcv_core.protocol.release import Release
from privcv_privacy.budget.ledger import Ledger
from privcv_privacy.errors import LedgerError
from privcv_uplink.settings import UplinkSettings
from privcv_uplink.uplink import Uplink

Make = Callable[..., Any]


@pytest.fixture
def tls(tmp_path: Path) -> DemoCertificates:
    return demo_certificates(tmp_path / "tls")


@pytest.fixture
def collector(tmp_path: Path, tls: DemoCertificates) -> Iterator[CollectorProcess]:
    db = f"sqlite:///{tmp_path}/collector.db"
    token = tmp_path / "token"
    token.touch(0o600)
    token.write_text(issue_enrolment_token(db, "office"))
    with running_collector(db, tls=(tls.certificate, tls.key)) as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path, tls: DemoCertificates, collector: CollectorProcess) -> UplinkSettings:
    """Of an uplink whose outbox lies in the folder 'state'; its key does not."""
    (tmp_path / "state").mkdir()
    return uplink_settings(
        tmp_path,
        url=collector.url.replace("127.0.0.1", "localhost"),
        pins=list(tls.pins),
        ca_file=tls.ca_file,
        enrolment_token_file=tmp_path / "token",
        outbox={"file": tmp_path / "state" / "outbox.db", "batch_releases": 1},
    )


class Device:
    """Ledger and uplink of one device, as the aggregation and the uplink node hold them."""

    def __init__(self, state: Path, settings: UplinkSettings, release: Make) -> None:
        self.ledger = Ledger(state / "ledger.db")
        self.uplink = Uplink(settings)
        self._release = release
        self.uplink.start()

    def release(self, key: str) -> None:
        """What the aggregation does with a window; raises ``LedgerError``."""

        def render(sequence: int, affordable: bool) -> bytes:
            flow = [sequence, 0, 0, 0, 0]
            return canonical(
                self._release(sequence, occupancy=sequence, occupancy_low=0, flow=flow)
            )

        self.ledger.release(key, [], render)
        for waiting in self.ledger.unacknowledged():
            assert self.uplink.accept(Release.model_validate_json(waiting.payload))
        self.hear()

    def hear(self) -> None:
        """What the aggregation does with a message of the uplink's; raises ``LedgerError``."""
        self.ledger.acknowledge(self.uplink.status().accepted_through)

    def end(self) -> None:
        self.uplink.stop()
        self.ledger.close()


def live(device: Device, windows: range) -> None:
    """Release windows, and wait until they have arrived."""
    before = device.uplink.status().delivered
    for window in windows:
        device.release(str(window))
    wait_until(lambda: device.uplink.status().delivered == before + len(windows), 30.0)
    device.hear()


def copy(state: Path, into: Path) -> None:
    shutil.rmtree(into, ignore_errors=True)
    shutil.copytree(state, into)


def test_a_state_folder_restored_from_an_old_copy_releases_no_more(
    tmp_path: Path, settings: UplinkSettings, release: Make
) -> None:
    """Ledger, its anchor and outbox are of one copy: on the device nothing contradicts it."""
    state = tmp_path / "state"
    device = Device(state, settings, release)
    live(device, range(3))
    device.end()
    copy(state, tmp_path / "old")
    device = Device(state, settings, release)
    live(device, range(3, 8))
    device.end()
    copy(tmp_path / "old", state)

    device = Device(state, settings, release)
    assert device.uplink.finding == ""  # nobody was asked yet
    device.uplink.checkpoint({"checkpoint": {"heads": {}, "time": "2026-01-31T08:00:00Z"}})
    wait_until(lambda: device.uplink.finding, 30.0)
    assert "the collector has release 8, this outbox only 3" in device.uplink.finding
    with pytest.raises(LedgerError, match="the uplink holds release 8 but this ledger ends at 3"):
        device.hear()
    with pytest.raises(LedgerError, match="old copy"):
        device.release("8")
    device.end()


def test_an_old_outbox_beside_a_whole_ledger_is_told_and_doubles_nothing(
    tmp_path: Path, settings: UplinkSettings, release: Make
) -> None:
    state = tmp_path / "state"
    device = Device(state, settings, release)
    live(device, range(3))
    device.end()
    copy(state, tmp_path / "old")
    device = Device(state, settings, release)
    live(device, range(3, 8))
    device.end()
    for file in state.glob("outbox.db*"):
        file.unlink()
    for file in (tmp_path / "old").glob("outbox.db*"):
        shutil.copy(file, state)

    device = Device(state, settings, release)
    device.uplink.checkpoint({"checkpoint": {"heads": {}, "time": "2026-01-31T08:00:00Z"}})
    wait_until(lambda: device.uplink.finding, 30.0)
    device.hear()  # the ledger is whole: it goes on
    device.release("8")
    assert device.ledger.head == 9
    device.end()
