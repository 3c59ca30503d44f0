# SPDX-License-Identifier: Apache-2.0
"""``privcv redteam link``: how often are people re-linked across a rotation of identities?"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from privcv_core.settings.number_option import Number

if TYPE_CHECKING:
    from privcv_privacy.anonymization.identity_settings import IdentitySettings
    from privcv_privacy.measurement.linking_attack import LinkReport


@click.command()
@click.option("--tracks", type=click.Path(path_type=Path), help="Trajectories with true ids.")
@click.option(
    "--format",
    "file_format",
    type=click.Choice(["eth", "ucy", "edinburgh", "csv"]),
    help="Format of --tracks; csv: t_s,id,x_m,y_m.",
)
@click.option(
    "--simulate",
    type=click.Choice(["waiting-room"]),
    help="Instead of --tracks: a simulated room of people who stay for long.",
)
@click.option(
    "--camera",
    type=click.Path(path_type=Path),
    help="A settings file for anonymization; default: the settings of a site that says nothing.",
)
@click.option(
    "--tick",
    type=Number(low=1, high=86400, whole=True),
    help="What if ticks were so long, s? Default: those of the product, 5.",
)
@click.option(
    "--grace",
    type=Number(low=0, high=86400),
    help="Grace period, s, instead of that of the settings.",
)
@click.option(
    "--rotations",
    default=200,
    type=Number(low=1, high=10**6, whole=True),
    show_default=True,
    help="Rotations to attack.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def command(
    tracks: Path | None,
    file_format: str | None,
    simulate: str | None,
    camera: Path | None,
    tick: int | None,
    grace: float | None,
    rotations: int,
    as_json: bool,
) -> None:
    """Attack rotating identities with all that is published, and say how many are re-linked.

    An attacker assigns new ids to old ones by position, direction, size and time, with a model
    fitted to the truth of these very rotations. Compared: a secret replaced on the hour and nothing
    else, a silent gap, waiting for people to leave, and the configured settings.

    \b
    Examples:
      privcv redteam link --tracks tracks.csv --format csv
      privcv redteam link --simulate waiting-room --rotations 100 --json
    """
    from privcv_core.settings.model import load_settings, parse_settings
    from privcv_privacy.anonymization.identity_settings import IdentitySettings
    from privcv_privacy.anonymization.settings import AnonymizationSettings
    from privcv_privacy.anonymous_tick import TICK_S
    from privcv_privacy.errors import PrivacyError
    from privcv_privacy.measurement.ground_truth import ground_truth
    from privcv_privacy.measurement.linking_attack import attack
    from privcv_privacy.measurement.trajectories import load_trajectories
    from privcv_privacy.measurement.waiting_room import waiting_room

    if (tracks is None) == (simulate is None) or (tracks is None) != (file_format is None):
        raise PrivacyError("give --tracks and --format, or --simulate")
    if rotations < 1:
        raise PrivacyError("--rotations: must be at least 1")
    settings = load_settings(AnonymizationSettings, camera) if camera else AnonymizationSettings()
    if grace is not None:
        content = {**settings.identities.model_dump(), "grace_s": grace}
        identities = parse_settings(IdentitySettings, content, where="--grace")
        settings = settings.model_copy(update={"identities": identities})
    if tracks is not None and file_format is not None:
        name, trajectories = tracks.name, load_trajectories(tracks, file_format)
    else:
        name, trajectories = f"{simulate} (simulated)", waiting_room()
    people = ground_truth(trajectories, tick or TICK_S)
    reports = {
        label: attack(people, scheme, rotations)
        for label, scheme in schemes(settings.identities).items()
    }
    if as_json:
        rows = [{"scheme": label, **asdict(report)} for label, report in reports.items()]
        click.echo(json.dumps({"tracks": name, "tick_s": people.tick_s, "schemes": rows}, indent=2))
    else:
        _print_table(f"{name}, ticks of {people.tick_s} s", reports)


def schemes(configured: "IdentitySettings") -> "dict[str, IdentitySettings]":
    """What is compared: from nothing but a new secret to the configured settings."""
    bare = {"grace_s": 0.0, "silence_s": 0.0, "withhold_s": 0.0, "swap_when_close": False}
    gap = {**bare, "silence_s": configured.silence_s}
    drain = {**gap, "grace_s": configured.grace_s}
    return {
        "naive": configured.model_copy(update=bare),
        "silent gap": configured.model_copy(update=gap),
        "wait, then gap": configured.model_copy(update=drain),
        "configured": configured,
        "configured, swaps": configured.model_copy(update={"swap_when_close": True}),
    }


def _print_table(title: str, reports: "dict[str, LinkReport]") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title)
    for heading in (
        "identities",
        "present",
        "bridged",
        "re-linked",
        "chance",
        "precision",
        "recall",
        "anonymity set",
        "person-time lost",
    ):
        table.add_column(heading, justify="right" if table.columns else "left")
    for label, report in reports.items():
        shown = bool(report.bridged)
        table.add_row(
            label,
            str(report.present),
            str(report.bridged),
            f"{report.relinked_share:.1%}",
            f"{report.chance_share:.1%}",
            f"{report.precision:.1%}" if shown else "-",
            f"{report.recall:.1%}" if shown else "-",
            f"{report.anonymity_set:.1f}" if shown else "-",
            f"{report.withheld_share:.1%}",
        )
    Console(width=120).print(table)
