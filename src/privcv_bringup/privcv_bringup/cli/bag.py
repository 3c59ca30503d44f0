# SPDX-License-Identifier: Apache-2.0
"""``privcv bag``: a ROS 2 bag from a video."""

from pathlib import Path

import click


@click.command()
@click.argument("video", type=click.Path(path_type=Path))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="New folder.")
@click.option("--topic", default="/camera/image_raw", show_default=True, help="Image topic.")
@click.option("--raw", is_flag=True, help="Raw images instead of JPEG.")
@click.option(
    "--storage", type=click.Choice(["mcap", "sqlite3"]), default="mcap", show_default=True
)
@click.option("--fps", default=0.0, help="Frames per second; default: what the video says.")
@click.option("--start", default="file", help="Time of the first frame: 'file', 'now' or RFC 3339.")
def command(
    video: Path, output: Path, topic: str, raw: bool, storage: str, fps: float, start: str
) -> None:
    """Make a ROS 2 bag of every frame of VIDEO.

    \b
    Examples:
      privcv bag lobby.mp4 -o lobby_bag
      privcv bag lobby.mp4 -o lobby_bag --raw --storage sqlite3 --topic /lobby/image_raw
    """
    import time

    from rich.console import Console
    from rich.progress import track

    from privcv_bringup.replay.bag import BagError, write_bag
    from privcv_core.errors import SettingsError
    from privcv_core.protocol.timestamps import NS_PER_S
    from privcv_perception.sources.settings import parse_time_ns

    if not video.is_file():
        raise BagError(f"{video}: there is no such video")
    if output.exists():
        raise BagError(f"{output}: exists already; name a new folder with -o")
    if start == "now":
        start_ns = time.time_ns()
    elif start == "file":
        start_ns = int(video.stat().st_mtime) * NS_PER_S
    else:
        try:
            start_ns = parse_time_ns(start)
        except ValueError as error:
            raise SettingsError(f"--start {start}: {error}") from error
    frames = write_bag(
        video, output, topic=topic, storage=storage, compressed=not raw, fps=fps, start_ns=start_ns
    )
    count = 0
    for count in track(frames, "writing", console=Console(stderr=True), transient=True):  # noqa: B007
        pass
    click.echo(f"{output}: {count} frames on {topic if raw else topic + '/compressed'}")
