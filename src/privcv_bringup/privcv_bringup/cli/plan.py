# SPDX-License-Identifier: Apache-2.0
"""``privcv plan``: what accuracy a site can expect before it runs, and what to set for it."""

from pathlib import Path

import click

from privcv_core.settings.number_option import Number
from privcv_privacy.measurement.trajectories import FORMATS

EXAMPLE = """\b
Examples:
  privcv plan site.yaml --visitors-per-hour 120
  privcv plan site.yaml --visitors-per-hour 120 --stay-s 600 --zones-per-visit 3
  privcv plan site.yaml --video yesterday.mp4 --explore plan.html
  privcv plan site.yaml --tracks tracks.csv --format csv --json plan.json"""


@click.command("plan", epilog=EXAMPLE)
@click.argument("site_file", metavar="SITE", type=click.Path(path_type=Path))
@click.option("--visitors-per-hour", "per_hour", type=Number(above=0, high=1_000_000),
              help="Visits that begin in an hour; replaces a recording's own rate.")  # fmt: skip
@click.option("--stay-s", type=Number(above=0, high=86_400), default=180.0, show_default=True,
              help="How long a visit lasts on average, s; not with a recording.")  # fmt: skip
@click.option("--zones-per-visit", type=Number(low=1, high=63), default=2.0, show_default=True,
              help="Zones that a visit enters on average; not with a recording.")  # fmt: skip
@click.option("--tracks", type=click.Path(path_type=Path),
              help="Trajectories on the site's floor, to take the traffic from.")  # fmt: skip
@click.option("--format", "format_", type=click.Choice([*FORMATS]),
              help="Of --tracks; csv: columns t_s,id,x_m,y_m.")  # fmt: skip
@click.option("--video", type=click.Path(path_type=Path), help="A video of the camera instead.")
@click.option("--bag", type=click.Path(path_type=Path), help="A ROS 2 bag of images instead.")
@click.option("--topic", default="", help="Image topic of the bag, where it holds several.")
@click.option("--name", default="", help="Which camera, where the site has several.")
@click.option("--hours", type=Number(above=0, high=24),
              help="For how long the site is open in a day; default: its opening hours, else the "
              "recording's length, else 12.")  # fmt: skip
@click.option("--target", type=Number(above=0, high=1), default=0.2, show_default=True,
              help="Relative error of visitors that is good enough.")  # fmt: skip
@click.option("--explore", type=click.Path(path_type=Path),
              help="Write a page that draws accuracy against epsilon, M and window.")  # fmt: skip
@click.option("--json", "json_path", type=click.Path(path_type=Path),
              help="Write the plan here. Default: standard output.")  # fmt: skip
def command(
    site_file: Path,
    per_hour: float | None,
    stay_s: float,
    zones_per_visit: float,
    tracks: Path | None,
    format_: str | None,
    video: Path | None,
    bag: Path | None,
    topic: str,
    name: str,
    hours: float | None,
    target: float,
    explore: Path | None,
    json_path: Path | None,
) -> None:
    """Say what accuracy to expect of each statistic, and which settings to choose, with reasons.

    Nothing is run and nothing is spent. Visits are drawn from what is assumed or from a recording
    that may be looked at, and go through the product's bound, noise, filter and k.
    """
    import json

    from privcv_bringup.plan.explore import write_explorer
    from privcv_bringup.plan.plan import PlanQuestion, Recording, plan_site, table
    from privcv_core.errors import SettingsError
    from privcv_core.files.output_file import output_file, refuse_input

    given = [option for option, value in
             (("--tracks", tracks), ("--video", video), ("--bag", bag)) if value]  # fmt: skip
    if len(given) > 1:
        raise SettingsError(f"give one of --tracks, --video and --bag, not {' and '.join(given)}")
    if not given and per_hour is None:
        raise SettingsError("give --visitors-per-hour, or a recording to take the traffic from")
    if tracks is not None and format_ is None:
        raise SettingsError(f"--format: say what {tracks} is: one of {', '.join(FORMATS)}")
    inputs = (site_file, tracks, video, bag)
    for output in (json_path, explore):
        if output is not None:
            refuse_input(output, inputs)  # before what takes minutes
    path = tracks or video or bag
    recording = None if path is None else Recording(path, format_ or "", bag is not None, topic)
    question = PlanQuestion(name, per_hour, stay_s, zones_per_visit, hours, target, recording)
    plan = plan_site(site_file, question)
    text = json.dumps(plan.content(), indent=2) + "\n"
    if json_path is None:
        click.echo(text, nl=False)
    else:
        with output_file(json_path, inputs) as file:
            file.write(text.encode())
    table(plan)
    if explore is not None:
        click.echo(str(write_explorer(plan, explore)), err=True)
