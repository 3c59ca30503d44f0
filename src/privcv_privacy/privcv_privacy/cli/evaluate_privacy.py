# SPDX-License-Identifier: Apache-2.0
"""``privcv evaluate privacy``: accuracy of noisy totals on trajectories with true ids."""

from pathlib import Path
from typing import Any

import click

from privcv_core.settings.number_option import Number
from privcv_privacy.cli.several_values import SeveralValues

EXAMPLE = """\b
Example:
  privcv evaluate privacy --tracks obsmat.txt --format eth --window 300 --zones 2x2 \\
      --release visitors,flow --epsilon 2 1 0.5 --seeds 100 --json accuracy.json"""


class Privacy(SeveralValues):
    """The command, whose epsilons may be several."""

    several = ("--epsilon",)


@click.command("privacy", cls=Privacy, epilog=EXAMPLE)
@click.option(
    "--tracks", required=True, type=click.Path(path_type=Path), help="Trajectories with true ids."
)
@click.option(
    "--format",
    "format_",
    required=True,
    type=click.Choice(["eth", "ucy", "edinburgh", "csv"]),
    help="csv: columns t_s,id,x_m,y_m.",
)
@click.option(
    "--window",
    type=Number(low=1, high=86400, whole=True),
    default=300,
    show_default=True,
    help="Length of a window, s.",
)
@click.option("--adaptive", is_flag=True, help="Windows of 1, 5, 15 or 60 min instead.")
@click.option(
    "--zones",
    default="2x2",
    show_default=True,
    help="Columns x rows of equal zones over the 1-99 % box of positions.",
)
@click.option(
    "--unit",
    type=click.Choice(["visit", "person_window", "event"]),
    default="visit",
    show_default=True,
    help="What epsilon protects.",
)
@click.option(
    "--epsilon",
    multiple=True,
    type=Number(above=0, high=1000),
    default=(1.0,),
    help="What one unit pays for all of occupancy and flow; several values may follow.",
)
@click.option(
    "--seeds", type=Number(1, 10000, whole=True), default=100, show_default=True,
    help="Draws of the noise, over which figures are means.",
)  # fmt: skip
@click.option(
    "--max-cells",
    type=Number(low=1, high=10000, whole=True),
    default=3,
    show_default=True,
    help="Contribution bound M.",
)
@click.option(
    "--mechanism",
    type=click.Choice(["laplace", "gaussian"]),
    default="laplace",
    show_default=True,
    help="Of the noise.",
)
@click.option(
    "--k",
    type=Number(low=1, high=10000, whole=True),
    default=1,
    show_default=True,
    help="Fewest people shown; 1: off.",
)
@click.option(
    "--margin",
    type=Number(low=0, high=10000),
    default=1.0,
    show_default=True,
    help="Above k, in people.",
)
@click.option(
    "--counts-share",
    type=Number(above=0, high=1),
    default=1.0,
    show_default=True,
    help="Share of epsilon for occupancy and flow; the product's default is 0.85.",
)
@click.option(
    "--bias-share",
    type=Number(low=0, high=1),
    default=0.0,
    show_default=True,
    help="Share of epsilon for the correction of dropped contributions; the product's is 0.05.",
)
@click.option(
    "--release",
    metavar="LIST",
    help="What leaves, such as visitors,flow or visitors,flow,dwell: takes the product's shares "
    "for it instead of --counts-share and --bias-share.",
)
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write the result here.")
def command(
    tracks: Path,
    format_: str,
    window: int,
    adaptive: bool,
    zones: str,
    epsilon: tuple[float, ...],
    seeds: int,
    json_path: Path | None,
    counts_share: float,
    bias_share: float,
    release: str | None,
    **options: Any,
) -> None:
    """Accuracy of occupancy and flow under noise, against trajectories with true ids.

    A cell is a zone in a window; windows begin at the first position of the file. Occupancy
    accuracy is the mean over cells with n >= 1 of clip(1 - |released - n| / n, 0, 1), n being the
    number of distinct ids; a cell without a value scores 0. Flow accuracy is the mean, over cells
    in which somebody moved 0.25 m or more, of 1 - the total variation distance between the
    released and the true shares of the four headings. Occupancy volume is 1 - the sum of
    |released - n| over the sum of n. A window of which the file covers less than half is not
    scored: the product suppresses it.
    """
    from privcv_core.files.output_file import output_file, refuse_input
    from privcv_core.settings.model import parse_settings
    from privcv_privacy.errors import PrivacyError
    from privcv_privacy.measurement.accuracy import as_json, evaluate
    from privcv_privacy.measurement.trajectories import load_trajectories
    from privcv_privacy.settings import PrivacySettings, shares_of

    if json_path is not None:
        refuse_input(json_path, (tracks,))  # before what takes minutes
    columns, rows = _zones(zones)
    listed = ["visitors", "flow"]
    shares = {"counts": counts_share, "dwell": 0.0, "bias": bias_share}
    if release is not None:
        if any(_is_given(name) for name in ("counts_share", "bias_share")):
            raise click.UsageError(
                "--release chooses the shares: leave out --counts-share and --bias-share"
            )
        listed = [one.strip() for one in release.split(",")]
        shares = shares_of(listed).model_dump()
        if not shares["counts"]:
            raise PrivacyError(
                "release: names neither visitors nor flow, which are measured: add one of them"
            )
    common = {
        **options,
        "release": listed,
        "window_s": window,
        "adaptive": adaptive,
        "shares": shares,
    }
    if adaptive:
        common["window_s"] = 300
    each = [
        parse_settings(PrivacySettings, {**common, "epsilon": one}, where="evaluate privacy")
        for one in epsilon
    ]
    trajectories = load_trajectories(tracks, format_)
    results = [evaluate(trajectories, columns, rows, settings, seeds) for settings in each]
    text = as_json(results)
    if json_path is None:
        click.echo(text)
    else:
        with output_file(json_path, (tracks,)) as file:
            file.write(f"{text}\n".encode())
    _table(results)


def _table(results: Any) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(
        "epsilon", "occupancy", "volume", "flow", "cells", "released", "intervals that hold"
    )
    for result in results:
        table.add_row(
            f"{result.epsilon:g}",
            f"{result.occupancy_accuracy:.1%}",
            f"{result.occupancy_volume:.1%}",
            f"{result.flow_accuracy:.1%}",
            str(result.cells),
            str(result.released),
            f"{result.coverage:.1%}",
        )
    Console(stderr=True).print(table)


def _zones(text: str) -> tuple[int, int]:
    columns, _, rows = text.partition("x")
    if not (columns.isdigit() and rows.isdigit()):
        raise click.BadParameter(f"'{text}' is not COLUMNSxROWS, such as 2x2", param_hint="--zones")
    return int(columns), int(rows)


def _is_given(name: str) -> bool:
    source = click.get_current_context().get_parameter_source(name)
    return source is click.core.ParameterSource.COMMANDLINE
