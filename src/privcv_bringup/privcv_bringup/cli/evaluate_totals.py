# SPDX-License-Identifier: Apache-2.0
"""``privcv evaluate totals``: are totals true, and where does the chain lose people?"""

from pathlib import Path

import click

from privcv_core.settings.number_option import Number
from privcv_privacy.cli.several_values import SeveralValues
from privcv_privacy.measurement.trajectories import FORMATS
from privcv_privacy.settings import PrivacySettings

PRIVACY = PrivacySettings()

EXAMPLE = """\b
Examples:
  privcv evaluate totals --tracks obsmat.txt --format eth --zones 2m 4m 8m 12m --window 300
  privcv evaluate totals --tracks tracks.csv --format csv --zones 3x2 --epsilon 2 1 --seeds 20
  privcv evaluate totals --video lobby.mp4 --camera lobby.yaml --truth lobby.csv \\
      --zones lobby.yaml --window 60 --json totals.json"""


class Totals(SeveralValues):
    """The command, whose zones and epsilons may be several."""

    several = ("--zones", "--epsilon")


@click.command("totals", cls=Totals, epilog=EXAMPLE)
@click.option("--tracks", type=click.Path(path_type=Path), help="Trajectories with true ids.")
@click.option("--format", "format_", type=click.Choice([*FORMATS]),
              help="Of --tracks; csv: columns t_s,id,x_m,y_m.")  # fmt: skip
@click.option("--video", type=click.Path(path_type=Path), help="A video instead.")
@click.option(
    "--bag",
    type=click.Path(path_type=Path),
    help="A ROS 2 bag instead: its images, raw or compressed; tracks in it are not read.",
)
@click.option("--topic", default="", help="Image topic of the bag, where it holds several.")
@click.option("--camera", "camera_file", type=click.Path(path_type=Path),
              help="Its camera or site file: detector, calibration, tracker.")  # fmt: skip
@click.option("--name", default="", help="Camera of a site file that has several.")
@click.option("--truth", type=click.Path(path_type=Path),
              help="Who was where in the video or bag: a csv with t_s,id,x_m,y_m, t_s from the "
              "first frame, x_m and y_m on the floor of --camera's calibration.")  # fmt: skip
@click.option("--zones", multiple=True, default=("2m", "4m", "8m", "12m"), show_default=True,
              help="SIZEm: 3x3 square zones about the median place, one from 8 m on; CxR: equal "
              "zones over the 1-99 % box; FILE: those of a camera or site file. Several may "
              "follow, a row each.")  # fmt: skip
@click.option("--window", type=Number(low=1, high=86400, whole=True), default=PRIVACY.window_s,
              show_default=True, help="Length of a window, s; only whole ones count.")  # fmt: skip
@click.option("--unit", type=click.Choice(["visit", "person_window", "event"]),
              default=PRIVACY.unit, show_default=True, help="What epsilon protects.")  # fmt: skip
@click.option("--max-cells", type=Number(low=1, high=10000, whole=True),
              default=PRIVACY.max_cells, show_default=True,
              help="Contribution bound M.")  # fmt: skip
@click.option("--epsilon", multiple=True, type=Number(above=0, high=1000),
              help="Also with noise; several values may follow. Default: without.")  # fmt: skip
@click.option("--seeds", type=Number(1, 10000, whole=True), default=20, show_default=True,
              help="Draws of noise for each epsilon.")  # fmt: skip
@click.option("--json", "json_path", type=click.Path(path_type=Path),
              help="Write the result here. Default: standard output.")  # fmt: skip
def command(
    tracks: Path | None,
    format_: str | None,
    video: Path | None,
    bag: Path | None,
    topic: str,
    camera_file: Path | None,
    name: str,
    truth: Path | None,
    zones: tuple[str, ...],
    window: int,
    unit: str,
    max_cells: int,
    epsilon: tuple[float, ...],
    seeds: int,
    json_path: Path | None,
) -> None:
    """Count people with the real chain, without noise, and compare with who was really there.

    The truth of a zone in a window is the number of distinct ids with a sample in it. "counted" is
    what the aggregation counts before the contribution bound and without noise; accuracy is
    1 - sum |counted - true| / sum true. Stages say what is lost and invented, and by what. A site
    needs no such file; docs/evaluate.md says how to make one.
    """
    import json

    from privcv_bringup.evaluation.evaluate import (
        Question,
        evaluate_recording,
        evaluate_tracks,
        table,
    )
    from privcv_core.errors import SettingsError
    from privcv_core.files.output_file import output_file, refuse_input

    given = [option for option, value in
             (("--tracks", tracks), ("--video", video), ("--bag", bag)) if value]  # fmt: skip
    if len(given) != 1:
        raise SettingsError(
            f"give one of --tracks, --video and --bag, not {' and '.join(given) or 'none of them'}"
        )
    inputs = (tracks, video, bag, camera_file, truth, *(Path(text) for text in zones))
    if json_path is not None:
        refuse_input(json_path, inputs)  # before what takes minutes
    names = tuple(one for text in zones for one in text.split(",") if one)
    question = Question(names, window, unit, max_cells, epsilon, seeds)
    recording = video or bag
    if tracks is not None:
        if format_ is None:
            raise SettingsError(f"--format: say what {tracks} is: one of {', '.join(FORMATS)}")
        rows = evaluate_tracks(tracks, format_, question)
    elif recording is not None:
        if camera_file is None or truth is None:
            raise SettingsError(f"{given[0]}: give --camera FILE and --truth FILE too")
        rows = evaluate_recording(
            recording, camera_file, name, truth, question, topic=topic, is_bag=bag is not None
        )
    text = json.dumps(rows, indent=2) + "\n"
    if json_path is None:
        click.echo(text, nl=False)
    else:
        with output_file(json_path, inputs) as file:
            file.write(text.encode())
    table(rows)
