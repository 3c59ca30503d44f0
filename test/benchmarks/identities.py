# SPDX-License-Identifier: Apache-2.0
"""How often an attacker re-links people across a rotation: writes docs/benchmarks/identities.md.

Run from the root of the checkout::

    python test/benchmarks/identities.py            # about five minutes on one core
    python test/benchmarks/identities.py --rotations 20 --output /tmp/identities.md
"""

from pathlib import Path

import click

from privcv_core.settings.model import data_folder
from privcv_privacy.anonymization.settings import AnonymizationSettings
from privcv_privacy.cli.redteam_link import schemes
from privcv_privacy.measurement.ground_truth import ground_truth
from privcv_privacy.measurement.linking_attack import LinkReport, attack
from privcv_privacy.measurement.trajectories import Trajectories, load_trajectories
from privcv_privacy.measurement.waiting_room import waiting_room

SCENES = {  # name: (file, format, tick s, grace s, rotations as a share of --rotations)
    "waiting room (simulated)": ("", "", 5, 600.0, 1.0),
    "Edinburgh": ("edinburgh/tracks.01Jul.txt", "edinburgh", 5, 600.0, 2.0),
    "UCY zara02": ("ucy/crowds_zara02.txt", "ucy", 5, 60.0, 1.0),
    "ETH": ("eth/obsmat.txt", "eth", 5, 60.0, 1.0),
    "ETH, ticks of 1 s": ("eth/obsmat.txt", "eth", 1, 60.0, 0.5),
}

TEXT = """# Identities: re-linking across a rotation

How often can somebody who sees everything that a camera process publishes tell whose new id is
whose old one? Made by `python test/benchmarks/identities.py`; one scene alone by `privcv redteam
link`.

- *Attacker*: knows the settings and the moment of the rotation; a logistic regression over
  all cells of a tick (the last, the farthest from it, the nearest to the other end, the speed that
  they give away), direction, size, time, how many ids begin and end together, and where people
  come and go, then the best assignment (Hungarian). It is fitted to the truth of the very
  rotations it attacks, so it is an upper bound for attackers of this kind. Sizes are drawn (90 / 8
  / 2 % small, medium, large) because no data set has them; 2 % of the people are so conspicuous.
- *present*: people there just before and just after the rotation. *bridged*: of those, told again
  under a new id. *re-linked*: of those present, correct links at the attacker's best level of
  doubt. *precision*, *recall* (of the bridged) at its best F1. *chance*: of those present, by
  guessing. *set*: median effective number of people that a bridged new id may be. *lost*:
  person-time that is not told at all, over one period of an hour.
- *naive*: the secret is replaced and nothing else. *silent gap*: then everybody there is silent
  for 60 s. *wait, then gap*: people keep the old id until they leave, for the grace period at
  most. *configured*: as `IdentitySettings` defaults, with the grace period named in the heading.
  *configured, swaps*: `swap_when_close` as well; off by default, because then one visit changes
  what is told about another and the reports' bound would not hold.

{tables}
What this says:

- Where people pass through, they leave within the grace period, and there is no new id to link.
- Where people stay, the old and the new id cannot both be told at the same place: the price is
  that those who outstay the grace period are not told for a while (*lost*). Counts of people who
  stay for hours are that much too low.
- Somebody who sits alone in one place through grace period and longest silence is re-linked: no
  method that tells where people are can prevent that.
- A new secret alone protects nobody: the cells of a tick end where those of the next begin, and
  the attacker re-links nine of ten and more, walkers too. It is a strong one. (Until 0.1.0 a tick
  told one cell a person: walkers were metres further on at the next, and 61 to 67 % of them were
  re-linked.)
- Rotations as configured do not become worse by that: who comes back is told on a tick none of
  whose cells is nearer than `away_m` to the last one told.
- Swapping people who are close to each other does not help further.
- ETH and UCY are recordings of minutes, shorter than the default grace period of 600 s, so 60 s
  is used there.
- Trackers lose people. Each fragment of a walk has an id of its own, at any time and without a
  gap; this attack is given perfect tracks, and says nothing about linking fragments.
"""


@click.command()
@click.option("--rotations", default=60, show_default=True)
@click.option("--output", default="docs/benchmarks/identities.md", type=click.Path(path_type=Path))
def main(rotations: int, output: Path) -> None:
    """Attack every scene and write the tables."""
    tables = []
    for name, (file, format, tick_s, grace_s, share) in SCENES.items():
        defaults = AnonymizationSettings().identities
        settings = defaults.model_copy(update={"grace_s": grace_s})
        people = ground_truth(_trajectories(file, format), tick_s)
        reports = {
            label: attack(people, scheme, max(1, round(rotations * share)))
            for label, scheme in schemes(settings).items()
        }
        tables.append(f"## {name}: grace {grace_s:.0f} s\n\n{_table(reports)}\n")
        click.echo(tables[-1])
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(TEXT.format(tables="\n".join(tables)), encoding="utf-8")


def _trajectories(file: str, format: str) -> Trajectories:
    if not file:
        return waiting_room()
    return load_trajectories(data_folder() / "data" / file, format)


def _table(reports: dict[str, LinkReport]) -> str:
    lines = [
        "| identities | present | bridged | re-linked | chance | precision | recall | set | lost |",
        "| --- | --: | --: | --: | --: | --: | --: | --: | --: |",
    ]
    for label, one in reports.items():
        judged = [f"{one.precision:.0%}", f"{one.recall:.0%}", f"{one.anonymity_set:.1f}"]
        cells = [
            label,
            str(one.present),
            str(one.bridged),
            f"{one.relinked_share:.1%}",
            f"{one.chance_share:.1%}",
            *(judged if one.bridged else ["-"] * 3),
            f"{one.withheld_share:.1%}",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
