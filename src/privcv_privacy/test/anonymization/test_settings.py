# SPDX-License-Identifier: Apache-2.0
"""How coarse a tick is, is no setting: older files are read, and nothing else is promised."""

import logging

import pytest

from privcv_core.errors import SettingsError
from privcv_core.settings.model import load_settings, parse_settings
from privcv_privacy.anonymization.identity_settings import IdentitySettings
from privcv_privacy.anonymization.settings import AnonymizationSettings


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("cell_m", 1.0),  # people at 12 m would count in a zone that ends at 10 m
        ("cell_m", 5.0),
        ("cell_m", 0.50001),
        ("cell_m", "half"),
        ("cell_m", None),
        ("tick_s", 1),
        ("tick_s", 60),
        ("tick_s", True),
        ("tick_s", [5]),
    ],
)
def test_other_cells_and_ticks_are_refused_by_file_and_key(tmp_path, key, value):
    path = tmp_path / "lobby.yaml"
    path.write_text(f"{key}: {'null' if value is None else str(value).lower()}\n")
    with pytest.raises(SettingsError) as caught:
        load_settings(AnonymizationSettings, path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert f"{key}: is always" in message
    assert message.endswith(f"remove {key}")


@pytest.mark.parametrize(
    "content", [{"cell_m": 0.5}, {"tick_s": 5}, {"tick_s": 5.0, "cell_m": "0.5"}]
)
def test_files_of_0_1_that_name_the_constants_are_read_with_a_line(content, caplog):
    with caplog.at_level(logging.WARNING):
        settings = parse_settings(AnonymizationSettings, content, where="lobby.yaml")
    assert settings == AnonymizationSettings()
    assert not settings.model_dump().keys() & content.keys()
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == len(content)
    for key, line in zip(sorted(content, reverse=True), lines, strict=True):
        assert line.startswith("lobby.yaml: ")
        assert f"{key} is no longer needed" in line


def test_a_misspelt_key_is_still_refused():
    with pytest.raises(SettingsError, match=r"cell_mm: is not a known setting"):
        parse_settings(AnonymizationSettings, {"cell_mm": 0.5}, where="lobby.yaml")


def test_rotations_that_would_overlap_are_refused_by_name():
    content = {"period_s": 600, "grace_s": 580, "silence_s": 60}
    with pytest.raises(SettingsError, match=r"grace_s \+ silence_s must be less than period_s"):
        parse_settings(IdentitySettings, content, where="lobby.yaml")
