# SPDX-License-Identifier: Apache-2.0
"""Environment files are read line by line, and a line of another form is named."""

from pathlib import Path

import pytest

from privcv_core.errors import SettingsError
from privcv_core.settings.environment_file import read_environment


def test_names_values_comments_and_files_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "camera.env"
    path.write_text("# why\nONE=1\n\nEMPTY=\nPROFILE_FILE=dds.xml\nEQUALS=a=b\n")
    assert read_environment(path) == {
        "ONE": "1",
        "EMPTY": "",
        "PROFILE_FILE": str(tmp_path / "dds.xml"),
        "EQUALS": "a=b",
    }


def test_a_line_without_a_value_is_named(tmp_path: Path) -> None:
    path = tmp_path / "camera.env"
    path.write_text("ONE=1\nexport TWO\n")
    with pytest.raises(SettingsError, match=r"camera\.env: 'export TWO' is not NAME=VALUE"):
        read_environment(path)
