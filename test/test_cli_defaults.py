# SPDX-License-Identifier: Apache-2.0
"""A default is typed once: what a command assumes is what the settings of the graph say."""

import dataclasses
import inspect
import re
from pathlib import Path

import click
import pytest

from privcv_bringup.cli import evaluate_totals
from privcv_collector import serve
from privcv_collector.cli import collector
from privcv_core.audit.log import AuditSettings
from privcv_perception.sources.settings import SourceSettings
from privcv_privacy.anonymization.identity_settings import IdentitySettings
from privcv_privacy.anonymous_tick import TICK_S
from privcv_privacy.cli import budget, evaluate_privacy
from privcv_privacy.settings import PrivacySettings
from privcv_uplink.cli import keys
from privcv_uplink.delivery import device_keys

ROOT = Path(__file__).parents[1]
PRIVACY = PrivacySettings()
STALL_S = SourceSettings.model_fields["stall_s"].default
SERVED = {field.name: field.default for field in dataclasses.fields(serve.Address)}


def default_of(command: click.Command, option: str) -> object:
    """What an option is where it is not given."""
    (found,) = [parameter for parameter in command.params if option in parameter.opts]
    default = found.get_default(click.Context(command, resilient_parsing=True))
    return default[0] if isinstance(default, (tuple, list)) else default


@pytest.mark.parametrize(
    ("command", "option", "setting"),
    [
        (budget.command, "--lifetime", PRIVACY.identity_lifetime_s),
        (evaluate_privacy.command, "--window", PRIVACY.window_s),
        (evaluate_privacy.command, "--unit", PRIVACY.unit),
        (evaluate_privacy.command, "--epsilon", PRIVACY.epsilon),
        (evaluate_privacy.command, "--max-cells", PRIVACY.max_cells),
        (evaluate_privacy.command, "--mechanism", PRIVACY.mechanism),
        (evaluate_privacy.command, "--margin", PRIVACY.margin),
        (evaluate_totals.command, "--window", PRIVACY.window_s),
        (evaluate_totals.command, "--unit", PRIVACY.unit),
        (evaluate_totals.command, "--max-cells", PRIVACY.max_cells),
        (collector.command, "--host", SERVED["host"]),
        (collector.command, "--port", SERVED["port"]),
        (
            keys.command.commands["new"],
            "--alg",
            inspect.signature(device_keys.new).parameters["alg"].default,
        ),
    ],
    ids=lambda value: value if str(value).startswith("--") else "",
)
def test_a_command_assumes_what_the_settings_say(
    command: click.Command, option: str, setting: object
) -> None:
    assert default_of(command, option) == setting


def test_an_identity_lives_as_long_as_the_default_rotation_lets_it() -> None:
    assert IdentitySettings().longest_life_s + TICK_S == PRIVACY.identity_lifetime_s


@pytest.mark.parametrize(
    ("page", "says", "setting"),
    [
        ("accountability.md", r"`audit\.retain_days` \((\d+)\)", AuditSettings().retain_days),
        (
            "frame-memory.md",
            r"`stall_s` \((\d+) s\)",
            SourceSettings.model_fields["stall_s"].default,
        ),
        ("privacy.md", r"`away_m` \((\d+) m\)", IdentitySettings().away_m),
    ],
)
def test_a_default_that_a_page_states_is_the_one_in_force(
    page: str, says: str, setting: int
) -> None:
    (stated,) = re.findall(says, (ROOT / "docs" / page).read_text())
    assert int(stated) == setting
