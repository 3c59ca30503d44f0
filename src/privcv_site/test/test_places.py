# SPDX-License-Identifier: Apache-2.0
"""``state`` says where a device keeps its files; none is lost or doubled when that changes."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from privcv_core.errors import SettingsError
from privcv_site.graph import build_graph
from privcv_site.preflight import check_site
from privcv_site.site import Site, load_site

PIN = f"sha256/{'A' * 43}="


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's home in which nothing of a device lies yet."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    for name in ("STATE_DIRECTORY", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    return folder


def make(tmp_path: Path, uplink: dict[str, Any] | None = None, **keys: Any) -> Path:
    camera = {
        "source": {"kind": "topic", "uri": "/images"},
        "authorization": {"required": False},
        "zones": {"all": {"polygon_m": [[0, 0], [1, 0], [1, 1]]}},
    }
    content = {
        "cameras": {"room": camera},
        "uplink": {"url": "https://c.example", "pins": [PIN], **(uplink or {})},
        **keys,
    }
    path = tmp_path / "etc" / "site.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(yaml.safe_dump(content))
    return path


def places(site: Site) -> dict[str, Any]:
    nodes = {node.name: node.parameters for p in build_graph(site) for node in p.nodes}
    return {
        "ledger": nodes["aggregation"]["ledger"],
        "anchor": nodes["aggregation"]["anchor"],
        "outbox": nodes["uplink"]["outbox.file"],
        "key": nodes["uplink"]["key_file"],
        "audit": nodes["guard"]["audit.folder"],
    }


NAMES = {
    "ledger": "ledger.db",
    "anchor": "ledger.db.anchor",
    "outbox": "outbox.db",
    "key": "uplink-key.json",
    "audit": "audit",
}


@pytest.mark.parametrize(
    ("state", "folder"),
    [
        (None, "home/.local/state/privcv"),
        ("~/x", "home/x"),
        ("/var/x", "/var/x"),
        ("x", "etc/x"),
        ("../x", "x"),
    ],
)
def test_state_moves_every_file_and_is_relative_to_the_site_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: str | None, folder: str
) -> None:
    file = make(tmp_path, **({} if state is None else {"state": state}))
    monkeypatch.chdir("/")
    expected = {what: str(tmp_path / folder / name) for what, name in NAMES.items()}
    assert places(load_site(file)) == expected


def test_a_tpm_counts_for_the_ledger_and_the_outbox(tmp_path: Path) -> None:
    site = load_site(make(tmp_path, {}, tpm={"device": 3}))
    nodes = {node.name: node.parameters for p in build_graph(site) for node in p.nodes}
    for name in ("aggregation", "uplink"):
        given = {key: nodes[name][key] for key in nodes[name] if key.startswith("tpm")}
        assert given == {"tpm.tcti": "device:/dev/tpmrm0", "tpm.device": 3}
    without = load_site(make(tmp_path))
    nodes = {node.name: node.parameters for p in build_graph(without) for node in p.nodes}
    assert not [key for name in nodes for key in nodes[name] if key.startswith("tpm")]


def test_a_file_with_a_place_of_its_own_stays_there(tmp_path: Path) -> None:
    uplink = {"key_file": "k.json", "outbox": {"file": "/o.db"}}
    file = make(tmp_path, uplink, state="x", anchor="a", audit={"folder": "log"})
    assert places(load_site(file)) == {
        "ledger": str(tmp_path / "etc/x/ledger.db"),
        "anchor": str(tmp_path / "etc/a"),
        "outbox": "/o.db",
        "key": str(tmp_path / "etc/k.json"),
        "audit": str(tmp_path / "etc/log"),
    }


def test_a_systemd_credential_goes_before_the_state_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "uplink-key").touch()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "credentials"))
    site = load_site(make(tmp_path, state="x"))
    assert site.device_key == tmp_path / "credentials" / "uplink-key"


@pytest.mark.parametrize("under_systemd", [False, True])
@pytest.mark.parametrize(
    ("name", "key"), [("outbox.db", "uplink.outbox.file"), ("uplink-key.json", "uplink.key_file")]
)
def test_what_lies_in_its_earlier_place_is_named_before_anything_starts(
    tmp_path: Path,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    under_systemd: bool,
    name: str,
    key: str,
) -> None:
    """Else the device would begin with an empty outbox, or with another identity."""
    earlier = home / ".local" / "state" / "privcv"
    if under_systemd:
        earlier = tmp_path / "var"
        monkeypatch.setenv("STATE_DIRECTORY", str(earlier))
    earlier.mkdir(parents=True)
    (earlier / name).touch()
    file = make(tmp_path, state="x")
    for only in ((), ("uplink",)):
        with pytest.raises(SettingsError) as caught:
            check_site(load_site(file), file, only)
        said = str(caught.value)
        assert said.startswith(f"{file}: {key}: ")
        assert str(earlier / name) in said
        assert str(tmp_path / "etc" / "x" / name) in said
    check_site(load_site(file), file, ["privacy"])  # it is none of the others' business
    # Either way that the message names:
    named = {"key_file": str(earlier / name)} if "key" in name else {
        "outbox": {"file": str(earlier / name)}
    }  # fmt: skip
    check_site(load_site(make(tmp_path, named, state="x")), file)
    (tmp_path / "etc" / "x").mkdir()
    (earlier / name).rename(tmp_path / "etc" / "x" / name)
    check_site(load_site(make(tmp_path, state="x")), file)
