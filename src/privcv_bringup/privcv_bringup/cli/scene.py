# SPDX-License-Identifier: Apache-2.0
"""``privcv scene``: a rendered room with walking people and known truth."""

from pathlib import Path

import click

from privcv_core.settings.number_option import Number


@click.command()
@click.option(
    "-o",
    "--output",
    default="out/scene",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Folder of video, truth and camera file.",
)
@click.option(
    "--duration",
    default=90.0,
    type=Number(above=0, high=86400),
    show_default=True,
    help="Length, s.",
)
@click.option(
    "--fps",
    default=10.0,
    type=Number(above=0, high=1000),
    show_default=True,
    help="Frames per second.",
)
@click.option(
    "--people",
    default=20.0,
    type=Number(low=0, high=1000),
    show_default=True,
    help="People who enter per minute.",
)
@click.option(
    "--seed",
    default=1,
    type=Number(low=0, high=2**32 - 1, whole=True),
    show_default=True,
    help="Decides who walks where.",
)
def command(output: Path, duration: float, fps: float, people: float, seed: int) -> None:
    """Render a room with walking people: video.avi, truth.csv and camera.yaml.

    \b
    Examples:
      privcv scene -o out/scene
      privcv scene --duration 300 --people 40 --seed 7
    """
    from privcv_bringup.scene.render import Scene, write_scene

    scene = Scene(duration_s=duration, fps=fps, people_per_minute=people, seed=seed)
    click.echo(str(write_scene(scene, output)))
