# SPDX-License-Identifier: Apache-2.0
"""``privcv replay``: a bag or a video, into the same graph as a camera."""

import sys
from pathlib import Path

import click

from privcv_core.settings.graph_options import namespace_option
from privcv_core.settings.number_option import Number


@click.command()
@click.argument("recording", type=click.Path(path_type=Path))
@click.option("--site", type=click.Path(path_type=Path), help="Run the graph of this site file.")
@click.option("--camera", default="", help="Camera of the site to feed; default: the first.")
@click.option("--topic", default="", help="Image topic of the bag, where it holds several.")
@click.option(
    "--rate",
    default=1.0,
    type=Number(above=0, high=1000),
    show_default=True,
    help="1 is real time, 10 ten times that.",
)
@namespace_option
@click.option("--lock-step", is_flag=True, help="As fast as possible without dropping a frame.")
def command(
    recording: Path,
    site: Path | None,
    camera: str,
    topic: str,
    rate: float,
    namespace: str,
    lock_step: bool,
) -> None:
    """Play a ROS 2 bag or a video into a graph, with its own time.

    With --site it runs the graph too and ends when everything is released. Without, it publishes
    the bag's images and /clock to a graph that runs already.

    \b
    Examples:
      privcv replay lobby_bag --site config/demo.yaml --lock-step
      privcv replay lobby.mp4 --site config/demo.yaml --rate 10
      privcv replay lobby_bag --topic /lobby/image_raw --camera lobby
    """
    from privcv_bringup.replay.replay import play_into_running_graph, replay_with_site

    pace = 0.0 if lock_step else rate
    if site is None:
        play_into_running_graph(recording, topic, camera, pace, namespace)
        return
    sys.exit(replay_with_site(recording, site, topic, camera, pace, namespace))
