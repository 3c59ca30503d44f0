# SPDX-License-Identifier: Apache-2.0
"""What other packages add: found by name, loaded only then, refused in words."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from privcv_core import doors
from privcv_core.errors import SettingsError

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """``install(package, version, module, code, *entries)``: as pip leaves it on the disk."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def installed(package: str, version: str, module: str, code: str, *entries: str) -> None:
        (tmp_path / f"{module}.py").write_text(code)
        info = tmp_path / f"{package}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n"
        )
        (info / "entry_points.txt").write_text("[privcv.trackers]\n" + "\n".join(entries) + "\n")
        monkeypatch.delitem(sys.modules, module, raising=False)

    return installed


def test_only_what_is_named_is_loaded(install: Install) -> None:
    install("acme-trackers", "1.2", "acme_module", "THING = 7", "acme = acme_module:THING")
    install("other", "3.0", "other_module", "raise SystemExit('loaded')", "other = other_module:X")
    assert {"acme", "other"} <= set(doors.names_of("trackers"))
    assert "acme_module" not in sys.modules
    found = doors.load("trackers", "acme", int)
    assert (found.content, found.distribution, found.version) == (7, "acme-trackers", "1.2")
    assert "other_module" not in sys.modules


def test_what_is_wrong_is_said(install: Install) -> None:
    install("acme", "1.0", "acme_module", "THING = 7", "one = acme_module:THING")
    install("broken", "2.0", "broken_module", "import nothing_of_this", "bad = broken_module:X")
    with pytest.raises(SettingsError, match=r"'twain': no installed package adds it; .*one"):
        doors.load("trackers", "twain")
    with pytest.raises(SettingsError, match=r"'one' of acme 1\.0: acme_module:THING is a int"):
        doors.load("trackers", "one", str)
    with pytest.raises(SettingsError, match=r"'bad' of broken 2\.0 cannot be loaded: Module"):
        doors.load("trackers", "bad")


def test_a_name_that_two_packages_add_is_refused(install: Install) -> None:
    install("first", "1.0", "first_module", "THING = 1", "same = first_module:THING")
    install("second", "1.0", "second_module", "THING = 2", "same = second_module:THING")
    with pytest.raises(SettingsError, match=r"added by first 1\.0, second 1\.0: remove all but"):
        doors.load("trackers", "same")
