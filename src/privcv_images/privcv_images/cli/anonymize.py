# SPDX-License-Identifier: Apache-2.0
"""``privcv anonymize``: a ROS 2 bag without anybody in its images."""

from pathlib import Path
from typing import Any

import click

from privcv_images.cli.options import settings_of, shared_options

EXAMPLE = """\b
Examples:
  privcv anonymize lobby_bag -o shared_bag --key officer.pem
  privcv anonymize lobby_bag -o shared_bag --key officer.pem --storage sqlite3 \\
      --redaction background --keep /lidar/points
"""


@click.command(epilog=EXAMPLE)
@click.argument("bag", type=click.Path(path_type=Path))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="New folder.")
@click.option("--storage", type=click.Choice(["mcap", "sqlite3"]),
              help="Format of the new bag. Default: that of BAG.")  # fmt: skip
@click.option("--keep", multiple=True, metavar="TOPIC",
              help="Copy this topic as it is, though it may show people. Several may be given; "
              "the manifest names them.")  # fmt: skip
@shared_options
def command(
    bag: Path,
    output: Path,
    storage: str | None,
    keep: tuple[str, ...],
    key_file: Path,
    weak: bool,
    **given: Any,
) -> None:
    """Hide people in the images of BAG, and copy all other messages byte for byte.

    Headers, encodings, row lengths, camera_info, /tf, QoS and times stay. Depth, point clouds,
    video packets and other types that may hold an image are refused unless kept. An image in which
    somebody may have been missed is left out; the signed manifest beside the new bag,
    OUTPUT.manifest.json, says which and why. Nothing is overwritten.
    """
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn

    from privcv_core.files.atomic_file import write_new
    from privcv_core.protocol.person_keys import load_key
    from privcv_images.bags.anonymize import BagAnonymizer
    from privcv_images.errors import ImagesError
    from privcv_images.recordings.manifest import settings_facts, signed
    from privcv_images.recordings.steady_memory import keep_memory_steady

    keep_memory_steady()
    settings = settings_of(**given)
    key = load_key(key_file)
    manifest = output.with_name(f"{output.name}.manifest.json")
    if manifest.exists():
        raise ImagesError(f"{manifest}: exists already, and is not overwritten; name another")
    with Progress(
        SpinnerColumn(), TextColumn("{task.description}"), TextColumn("{task.completed} messages"),
        console=Console(stderr=True), transient=True,
    ) as bar:  # fmt: skip
        task = bar.add_task(bag.name, total=None)
        anonymizer = BagAnonymizer(
            settings, weak=weak, keep=keep, progress=lambda count: bar.update(task, completed=count)
        )
        made = anonymizer.run(bag, output, storage or "")
    facts = {
        "kind": "anonymized bag",
        **settings_facts(settings, anonymous=made.anonymous),
        "images": {topic: tally.content() for topic, tally in made.images.items()},
        "copied": made.copied,
        "kept_as_it_was": list(made.kept),
    }
    write_new(manifest, signed(facts, key))
    for topic, tally in made.images.items():
        content = tally.content()
        words = f"{content['published']} of {content['frames']} images published"
        click.echo(f"{output}: {topic}: {words}")
    click.echo(f"{output}: {sum(made.copied.values())} other messages copied")
