# SPDX-License-Identifier: Apache-2.0
"""``privcv redact``: pictures and videos without anybody in them."""

import sys
from pathlib import Path
from typing import Any

import click

from privcv_images.cli.options import settings_of, shared_options

EXAMPLE = """\b
Examples:
  privcv redact lobby.mp4 -o shared.mp4 --key officer.pem --redaction background
  privcv redact pictures/ -o shared/ --key officer.pem --faces yunet.onnx
"""


@click.command(epilog=EXAMPLE)
@click.argument("source", type=click.Path(path_type=Path))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path),
              help="New file, or folder where SOURCE is one.")  # fmt: skip
@shared_options
def command(source: Path, output: Path, key_file: Path, weak: bool, **given: Any) -> None:
    """Hide people in SOURCE: a picture, a video, or a folder of both.

    What is written is encoded anew from pixels: EXIF, GPS, thumbnails, sound and subtitles stay
    behind. Frames in which somebody may have been missed are withheld: grey in a video; a picture
    is not written. A signed manifest beside each output says which and why. Nothing is overwritten;
    a folder goes on where it was interrupted, file by file.
    """
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

    from privcv_core.protocol.person_keys import load_key
    from privcv_images.recordings.redact import Redaction
    from privcv_images.recordings.steady_memory import keep_memory_steady

    keep_memory_steady()
    settings = settings_of(**given)
    key = load_key(key_file)
    console = Console(stderr=True)
    failed = False
    with Progress(
        SpinnerColumn(), TextColumn("{task.description}"), MofNCompleteColumn(),
        TextColumn("frames"), console=console, transient=True,
    ) as bar:  # fmt: skip
        task = bar.add_task(source.name, total=None)
        redaction = Redaction(
            settings, key, weak=weak, progress=lambda frames: bar.update(task, completed=frames)
        )
        for done in redaction.run(source, output):
            if done.error:
                failed = True
                click.echo(f"{done.source}: left out: {done.error}", err=True)
                continue
            words = f"{done.frames} frames, {done.withheld} withheld"
            click.echo(f"{done.target}: {words}{' (done before)' if done.before else ''}")
    if failed:
        sys.exit(1)
