# SPDX-License-Identifier: Apache-2.0
"""``privcv audit residue``: what is left of a frame in the camera process after it was used."""

import json
from pathlib import Path

import click

EXAMPLE = """\b
Example:
  sudo privcv audit residue --model yolox_nano
"""


@click.command("residue", epilog=EXAMPLE)
@click.option(
    "--codec",
    "codecs",
    multiple=True,
    type=click.Choice(["mjpeg", "mpeg4", "ffv1"]),
    default=("mjpeg", "mpeg4"),
    show_default=True,
    help="Codec of the canary video: mjpeg decodes each frame alone, mpeg4 keeps reference frames.",
)
@click.option(
    "--size", type=(int, int), default=(416, 416), show_default=True,
    help="Width and height of the canary frames, px; multiples of 16. At the size of the "
    "network's input its float copies are searched for too.",
)  # fmt: skip
@click.option("--model", default="", help="Audit the network of this name or path, not 'builtin'.")
@click.option("--topic", is_flag=True, help="Audit the node on an image topic too (needs ROS 2).")
@click.option(
    "--environment",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="With --topic: a file of NAME=VALUE to run the camera process with.  [default: what "
    "'privcv env --camera' prints]",
)
@click.option("--no-control", is_flag=True, help="Skip the run that has no protection.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    codecs: tuple[str, ...],
    size: tuple[int, int],
    model: str,
    topic: bool,
    environment: Path | None,
    no_control: bool,
    as_json: bool,
) -> None:
    """Play canary frames to a real camera process, then search it for them.

    Searched are all of its memory, every file it has open, its working and temp directories and
    /dev/shm, at four moments. A second process without any protection is the control: the audit
    must find frames in it. Exit status 1 where protected pixels were found, or where the control
    shows none. Needs root, because a protected process cannot be read by anyone else.
    """
    from typing import cast

    from privcv_perception.residue.audit import audit
    from privcv_perception.residue.canary import Codec
    from privcv_perception.residue.verdict import as_table, problems

    detector = {"kind": "onnx", "model": model} if model else {"kind": "builtin"}
    findings = []
    for codec in (*codecs, "image topic") if topic else codecs:
        for protected in (True,) if no_control else (True, False):
            click.echo(f"{codec}: {'protected' if protected else 'control'} ...", err=True)
            if codec != "image topic":
                findings += audit(cast(Codec, codec), size, detector, protected=protected)
                continue
            from privcv_core.node.environment import camera_environment
            from privcv_core.settings.environment_file import read_environment
            from privcv_perception.residue.topic_audit import audit_topic

            shipped = read_environment(environment) if environment else camera_environment()
            given = shipped if protected else {}
            # A control is caught by what it keeps after its last image.
            followed_by = 10 if protected else 0
            findings += audit_topic(
                size, detector, given, followed_by=followed_by, protected=protected
            )
    wrong = problems(findings)
    if as_json:
        from dataclasses import asdict

        click.echo(json.dumps({"problems": wrong, "findings": [asdict(f) for f in findings]}))
    else:
        from rich.console import Console

        Console().print(as_table(findings))
        for problem in wrong:
            click.echo(problem)
        if not wrong:
            click.echo("No pixel was left anywhere half a second after the last frame.")
    raise SystemExit(1 if wrong else 0)
