# SPDX-License-Identifier: Apache-2.0
"""Each process has the sandbox it deserves, and the exposure that the documents state."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from privcv_core.errors import BAD_SETTINGS
from privcv_core.event_time.running_time import BOOT_VARIABLE
from privcv_core.node.process import REQUIRE_SECRET

ROOT = Path(__file__).resolve().parents[1]
UNITS = ROOT / "config" / "systemd"
CAMERA, PRIVACY, UPLINK, DESK = (
    "privcv-camera@.service",
    "privcv-privacy.service",
    "privcv-uplink.service",
    "privcv-desk.service",
)
FOR_ALL = {
    "NoNewPrivileges": ["yes"],
    "CapabilityBoundingSet": [""],
    "ProtectSystem": ["strict"],
    "ProtectHome": ["yes"],
    "PrivateTmp": ["yes"],
    "MemoryDenyWriteExecute": ["yes"],
    "LimitCORE": ["0"],
    "MemorySwapMax": ["0"],
    "DevicePolicy": ["closed"],
}


def settings(unit: str) -> dict[str, list[str]]:
    """Key -> its values, in order."""
    found: dict[str, list[str]] = {}
    for line in (UNITS / unit).read_text(encoding="utf-8").splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(key, []).append(value)
    return found


@pytest.mark.parametrize("unit", [CAMERA, PRIVACY, UPLINK, DESK])
def test_no_privileges_no_core_dumps_nothing_writable(unit: str) -> None:
    found = settings(unit)
    assert {key: found.get(key) for key in FOR_ALL} == FOR_ALL


@pytest.mark.parametrize("unit", [CAMERA, PRIVACY, UPLINK, DESK, "privcv-collector.service"])
def test_refused_settings_are_not_tried_again(unit: str) -> None:
    found = settings(unit)
    assert found["Restart"] == ["always"]
    assert found["RestartPreventExitStatus"] == [str(BAD_SETTINGS)]


def test_the_camera_has_its_device_and_no_network() -> None:
    found = settings(CAMERA)
    assert found["DeviceAllow"] == ["char-video4linux rw"]
    assert found["IPAddressDeny"] == ["any"]
    assert found["IPAddressAllow"] == ["localhost"]
    assert found["LimitMEMLOCK"] == ["infinity"]
    assert found["ReadWritePaths"] == ["/var/lib/privcv/audit/privcv-camera"]


def test_nobody_makes_names_where_another_user_or_root_writes_the_audit_log() -> None:
    """A folder per user: in a shared one a link or a pipe could be planted for the others."""
    lines = (UNITS / "privcv.tmpfiles.conf").read_text(encoding="utf-8").splitlines()
    made = {row[1]: row for line in lines if len(row := line.split()) == 6 and row[0] == "d"}
    audit = "/var/lib/privcv/audit"
    folders = {path: row for path, row in made.items() if path.startswith(audit)}
    users = {settings(unit)["User"][0] for unit in (CAMERA, PRIVACY, UPLINK, DESK)}
    assert set(folders) == {audit, *(f"{audit}/{user}" for user in users)}
    for path, (_, _, mode, user, group, _) in folders.items():
        assert mode == "2750"  # read by the group, written by one user
        assert group == "privcv"
        assert user == ("root" if path == audit else path.rpartition("/")[2])


def test_the_desk_reads_input_devices_and_writes_pauses_only() -> None:
    found = settings(DESK)
    assert found["DeviceAllow"] == ["char-input r"]
    assert found["IPAddressDeny"] == ["any"]
    assert found["ReadWritePaths"] == ["/var/lib/privcv/pauses /var/lib/privcv/audit/privcv-desk"]


def test_privacy_has_neither() -> None:
    found = settings(PRIVACY)
    assert "DeviceAllow" not in found
    assert found["PrivateDevices"] == ["yes"]
    assert found["IPAddressDeny"] == ["any"]
    assert found["IPAddressAllow"] == ["localhost"]


def test_the_uplink_has_the_network_and_no_device() -> None:
    found = settings(UPLINK)
    assert "DeviceAllow" not in found
    assert found["PrivateDevices"] == ["yes"]
    assert "IPAddressDeny" not in found


def test_whoever_cannot_read_which_boot_it_is_is_told() -> None:
    """Else no message could be told from one of before the last boot, and nothing would start."""
    for unit in (CAMERA, PRIVACY, UPLINK, DESK):
        found = settings(unit)
        is_hidden = "pid" in found.get("ProcSubset", [])
        assert is_hidden == (f"{BOOT_VARIABLE}=%b" in found["Environment"])


@pytest.mark.parametrize("unit", [CAMERA, PRIVACY, UPLINK, DESK])
def test_no_node_that_believes_everybody_is_started(unit: str) -> None:
    assert f"{REQUIRE_SECRET}=1" in settings(unit)["Environment"]


def test_no_two_processes_are_one_user() -> None:
    users = [settings(unit)["User"][0] for unit in (CAMERA, PRIVACY, UPLINK, DESK)]
    assert len(set(users)) == 4
    made = (UNITS / "privcv.sysusers.conf").read_text(encoding="utf-8")
    assert all(f"u {user} " in made for user in users)


@pytest.mark.parametrize("unit", [CAMERA, PRIVACY, UPLINK, DESK])
def test_the_exposure_is_the_one_written_down(unit: str) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("needs systemd-analyze")
    answer = subprocess.run(
        [analyze, "security", "--offline=true", str(UNITS / unit)],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    measured = re.search(r"Overall exposure level for \S+: ([\d.]+)", answer)
    if measured is None:
        pytest.skip("this systemd-analyze cannot look at a unit offline")
    document = (ROOT / "docs" / "accountability.md").read_text(encoding="utf-8")
    written = re.search(rf"`{re.escape(unit)}` \| ([\d.]+) \|", document)
    assert written is not None
    # Releases of systemd weigh a little differently.
    assert float(measured[1]) == pytest.approx(float(written[1]), abs=0.4)


def test_the_daily_service_may_end_whatever_ends() -> None:
    """The state of the site, and records of authorization, which lie beside the site file."""
    found = settings("privcv-daily.service")
    (command, *_) = (line for line in found["ExecStart"] if "retention" in line)
    site = Path(command.split()[-1])
    writable = [Path(path) for path in found["ReadWritePaths"][0].split()]
    for kept in (site.with_name("lobby.json"), Path("/var/lib/privcv/audit/operator.jsonl")):
        assert any(place in kept.parents for place in writable)
    assert "CAP_CHOWN" in found["CapabilityBoundingSet"][0]
