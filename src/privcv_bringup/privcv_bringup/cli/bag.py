# SPDX-License-Identifier: Apache-2.0
"""``privcv bag``: a ROS 2 bag from a video."""

from pathlib import Path

import click

from privcv_core.settings.number_option import Number


@click.command()
@click.argument("video", type=click.Path(path_type=Path))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="New folder.")
@click.option("--topic", default="/camera/image_raw", show_default=True, help="Image topic.")
@click.option("--raw", is_flag=True, help="Raw images instead of JPEG.")
@click.option(
    "--storage",
    type=click.Choice(["mcap", "sqlite3"]),
    default="mcap",
    show_default=True,
    help="Format of the bag.",
)
@click.option(
    "--fps", type=Number(above=0, high=1000),
    help="Frames per second; default: each frame's own time in the video.",
)  # fmt: skip
@click.option("--start", default="file", help="Time of the first frame: 'file', 'now' or RFC 3339.")
def command(
    video: Path, output: Path, topic: str, raw: bool, storage: str, fps: float | None, start: str
) -> None:
    """Make a ROS 2 bag of every frame of VIDEO.

    \b
    Examples:
      privcv bag lobby.mp4 -o lobby_bag
      privcv bag lobby.mp4 -o lobby_bag --raw --storage sqlite3 --topic /lobby/image_raw
    """
    from rich.console import Console
    from rich.progress import track

    from privcv_bringup.replay.bag import BagError, write_bag
    from privcv_core.errors import SettingsError
    from privcv_core.settings.topic_name import check_topic_name
    from privcv_perception.sources.settings import parse_time_ns

    if not video.is_file():
        raise BagError(f"{video}: there is no such video")
    if output.exists():
        raise BagError(f"{output}: exists already; name a new folder with -o")
    try:
        check_topic_name(topic)
    except ValueError as error:
        raise SettingsError(f"--topic {topic}: {error}") from error
    try:
        if start not in ("now", "file"):
            parse_time_ns(start)
    except ValueError as error:
        raise SettingsError(f"--start {start}: {error}") from error
    frames = write_bag(
        video, output, topic=topic, storage=storage, compressed=not raw, fps=fps or 0.0, start=start
    )
    count = 0
    for count in track(frames, "writing", console=Console(stderr=True), transient=True):  # noqa: B007
        pass
    click.echo(f"{output}: {count} frames on {topic if raw else topic + '/compressed'}")
