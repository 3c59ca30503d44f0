# SPDX-License-Identifier: Apache-2.0
"""``privcv budget``: what is left of the privacy budget, and what each zone cost."""

import itertools
import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from privcv_core.files.state_folder import DEFAULT_STATE
from privcv_core.settings.number_option import Number
from privcv_privacy.identity_lifetime import IDENTITY_LIFETIME_S

if TYPE_CHECKING:
    from privcv_privacy.budget.spending import ScopeBudget, ZoneCost

DEFAULT_LEDGER = f"{DEFAULT_STATE}/ledger.db"


@click.command()
@click.option(
    "--ledger",
    envvar="PRIVCV_LEDGER",
    default=DEFAULT_LEDGER,
    show_default=True,
    type=click.Path(path_type=Path),
    help="The ledger's file; the environment variable PRIVCV_LEDGER names it too.",
)
@click.option(
    "--day",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Only this day of the site's calendar, such as 2026-01-31.",
)
@click.option(
    "--lifetime",
    default=float(IDENTITY_LIFETIME_S),
    show_default=True,
    type=Number(low=0),
    help="How long one identity can live, s: identity_lifetime_s of the site.",
)
@click.option("--verify", is_flag=True, help="Check every entry of the audit chain as well.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def command(
    ledger: Path, day: datetime | None, lifetime: float, verify: bool, as_json: bool
) -> None:
    """Show what is left of the privacy budget and what each zone cost, per day.

    It reads beside the process that writes, and changes nothing.

    \b
    Examples:
      privcv budget --ledger /var/lib/privcv/ledger.db
      privcv budget --day 2026-01-31 --json
    """
    from privcv_privacy.budget.ledger_file import open_for_reading
    from privcv_privacy.budget.spending import (
        camera_budgets,
        cost_zones,
        release_counts,
        scope_budgets,
        zone_costs,
    )

    path = ledger.expanduser()
    with open_for_reading(path, verify) as db:
        cameras = camera_budgets(db, lifetime)
        scopes = scope_budgets(db, lifetime)
        zones = zone_costs(db, day.date().isoformat() if day else None)
        calendars = cost_zones(db)
        counts = release_counts(db)
    if as_json:
        content = {
            "ledger": str(path),
            "verified": verify,
            **asdict(counts),
            "cameras": [_facts(camera) for camera in cameras],
            "scopes": [_facts(scope) for scope in scopes],
            "days": [{"from": day, "time_zone": name} for day, name in calendars],
            "zones": [asdict(zone) for zone in zones],
        }
        click.echo(json.dumps(content, indent=2))
        return
    _print_tables([*cameras, *scopes], zones, calendars)
    checked = "; every entry of the audit chain fits" if verify else ""
    click.echo(
        f"{counts.releases} releases, {counts.waiting} not yet accepted by the uplink{checked}"
    )


def _facts(budget: "ScopeBudget") -> dict[str, str | int | float]:
    return {**asdict(budget), "epsilon_left": budget.epsilon_left}


def _print_tables(
    scopes: "list[ScopeBudget]", zones: "list[ZoneCost]", calendars: list[tuple[str, str]]
) -> None:
    from rich.console import Console
    from rich.table import Table

    from privcv_core.protocol.timestamps import from_ns

    console = Console()
    table = Table(title="Budget of one privacy unit, at the last window that was paid for")
    for heading in ("camera", "share", "ε left", "ε spent", "ε in all", "δ spent", "until (UTC)"):
        table.add_column(heading, justify="left" if len(table.columns) < 2 else "right")
    for scope in sorted(scopes, key=lambda scope: scope.scope):
        until = from_ns(scope.until_ns)
        camera, _, share = scope.scope.partition("|")
        table.add_row(
            camera,
            share or "all",
            f"{scope.epsilon_left:.3f}",
            f"{scope.epsilon_spent:.3f}",
            f"{scope.epsilon_limit:.3f}",
            f"{scope.delta_spent:.1e}",
            until.strftime("%Y-%m-%d %H:%M"),
        )
    console.print(table)
    table = Table(title="What each zone cost: the sum over its reports, which no single unit pays")
    time_zone = calendars[-1][1]
    for heading in (
        f"day ({time_zone})",
        "camera",
        "zone",
        "ε of its reports",
        "paid",
        "out of budget",
    ):
        table.add_column(heading, justify="left" if len(table.columns) < 3 else "right")
    for zone in zones:
        table.add_row(
            zone.day,
            zone.camera,
            zone.zone,
            f"{zone.epsilon:.3f}",
            str(zone.released),
            str(zone.suppressed),
        )
    console.print(table)
    for (_, before), (day, after) in itertools.pairwise(calendars):
        console.print(f"days before {day} are those of {before}, from then on of {after}")
