# SPDX-License-Identifier: Apache-2.0
"""``privcv budget`` says what is left, beside the process that spends."""

import json

import pytest
from click.testing import CliRunner
from tick_sequences import aggregator, play, tick

from privcv_privacy.budget.accounting import Charge
from privcv_privacy.budget.ledger import Ledger
from privcv_privacy.cli.budget import command
from privcv_privacy.errors import LedgerError
from privcv_privacy.nodes.messages import budget_message
from privcv_privacy.settings import PrivacySettings

DAY_NS = 86_400_000_000_000


@pytest.fixture
def ledger(tmp_path):
    with Ledger(tmp_path / "ledger.db") as opened:
        for day in (1, 2):
            charge = Charge("lobby|counts", f"run {day}", 0.25, 0.0, 1.0, 0.0, 0, day * DAY_NS)
            opened.release(f"{day}", [charge], lambda n, paid: b"{}", {"door": 0.25})
        opened.acknowledge(1)
        yield opened


def invoke(*arguments):
    return CliRunner().invoke(command, [str(part) for part in arguments], catch_exceptions=False)


def test_json_while_the_ledger_is_open(ledger):
    result = invoke("--ledger", ledger.path, "--json", "--verify", "--lifetime", 4200)
    told = json.loads(result.stdout)
    assert (told["releases"], told["waiting"], told["verified"]) == (2, 1, True)
    assert told["scopes"][0]["epsilon_left"] == 0.75  # the first run's people have left
    assert [(z["day"], z["camera"], z["epsilon"]) for z in told["zones"]] == [
        ("1970-01-01", "lobby", 0.25),
        ("1970-01-02", "lobby", 0.25),
    ]


def test_people_who_live_longer_may_have_paid_more(ledger):
    result = invoke("--ledger", ledger.path, "--json", "--lifetime", 90_000)
    assert json.loads(result.stdout)["scopes"][0]["epsilon_left"] == 0.5


def test_tables_name_camera_zone_and_day(ledger):
    result = invoke("--ledger", ledger.path, "--day", "1970-01-02")
    assert "lobby " in result.stdout
    assert "counts" in result.stdout
    assert "1970-01-02" in result.stdout
    assert "1970-01-01 " not in result.stdout
    assert "2 releases, 1 not yet accepted" in result.stdout


def test_whose_days_they_are_is_said(ledger):
    assert "day (UTC)" in invoke("--ledger", ledger.path).stdout
    said = json.loads(invoke("--ledger", ledger.path, "--json").stdout)
    assert said["days"] == [{"from": "", "time_zone": "UTC"}]


@pytest.mark.parametrize("day", ["1970-13-45", "yesterday", "31.1.1970"])
def test_a_day_that_is_none_is_refused(ledger, day):
    result = CliRunner().invoke(command, ["--ledger", str(ledger.path), "--day", day])
    assert result.exit_code == 2
    assert "--day" in result.stderr


def test_a_ledger_that_is_not_there_is_named(tmp_path):
    with pytest.raises(LedgerError, match=r"nowhere\.db: is not there"):
        invoke("--ledger", tmp_path / "nowhere.db")


def test_reading_makes_no_ledger_out_of_another_file(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("these are notes, " * 500)
    with pytest.raises(LedgerError, match="cannot be read as a ledger"):
        invoke("--ledger", path)
    assert [p.name for p in tmp_path.iterdir()] == ["notes.txt"]


def test_what_one_unit_paid_is_one_sum_over_pools_and_restarts(tmp_path):
    """Beside the process that writes and in it: the command, the message and the ledger agree."""
    options = PrivacySettings(
        epsilon=2, max_cells=1, window_s=60, dwell_period_s=120, identity_lifetime_s=600
    )
    with Ledger(tmp_path / "ledger.db") as ledger:
        for first, last in ((0, 25), (48, 240)):
            play(aggregator(options, ledger=ledger), [tick(n, []) for n in range(first, last)])
        (budget,) = ledger.budgets(600)
        message = budget_message(ledger, options, exhausted=False)
        told = json.loads(invoke("--ledger", ledger.path, "--json", "--lifetime", 600).stdout)
    # All of a visit's counts, dwell and bias.
    assert budget.epsilon_spent == pytest.approx(2)
    assert budget.epsilon_limit == pytest.approx(2)
    assert message.epsilon_spent == pytest.approx(2)
    (camera,) = told["cameras"]
    assert camera["scope"] == "lobby"
    assert camera["epsilon_spent"] == pytest.approx(2)
    assert camera["epsilon_left"] == pytest.approx(0)
    assert {scope["scope"]: round(scope["epsilon_spent"], 9) for scope in told["scopes"]} == {
        "lobby|bias": 0.1,
        "lobby|counts": 1.7,
        "lobby|dwell": 0.2,
    }
