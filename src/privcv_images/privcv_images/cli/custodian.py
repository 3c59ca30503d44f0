# SPDX-License-Identifier: Apache-2.0
"""``privcv custodian``: who alone can restore pictures that were redacted with P3."""

from pathlib import Path

import click

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def command() -> None:
    """Keep the key that alone restores pictures redacted with P3.

    \b
    Examples:
      privcv custodian key custodian.key          # prints 'redaction.custodian'
      privcv custodian restore shared.png -o original.png --key custodian.key
    """


@command.command()
@click.argument("file", type=_FILE)
def key(file: Path) -> None:
    """Make a key in FILE and print its public half, for 'redaction.custodian'."""
    from privcv_images.recordings.custody import create_custodian_key

    click.echo(create_custodian_key(file))


@command.command()
@click.argument("picture", type=click.Path(path_type=Path))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path),
              help="New PNG, video or bag: as it was, at the quality that was kept.")  # fmt: skip
@click.option("--key", "key_file", required=True, type=_FILE, help="The custodian's key.")
def restore(picture: Path, output: Path, key_file: Path) -> None:
    """Restore PICTURE, a picture, a video or a bag, from PICTURE.p3, which lies beside it."""
    from privcv_core.files.atomic_file import write_new
    from privcv_core.files.input_file import read_input
    from privcv_images.bags.restore import restore_bag
    from privcv_images.errors import ImagesError
    from privcv_images.recordings.custody import load_custodian_key, unseal
    from privcv_images.recordings.image_codec import FORMATS, decode, encode
    from privcv_images.recordings.restore import restore_video
    from privcv_images.recordings.sealed_stream import sealed_beside
    from privcv_images.recordings.steady_memory import keep_memory_steady
    from privcv_images.redactions.p3 import restore as restore_frame

    keep_memory_steady()
    key = load_custodian_key(key_file)
    suffix = picture.suffix.lower()
    if suffix not in FORMATS:
        is_bag = picture.is_dir() or suffix in (".mcap", ".db3")
        count = (restore_bag if is_bag else restore_video)(picture, output, key)
        click.echo(f"{output}: restored, {count} images")
        return
    beside = sealed_beside(picture)
    try:
        public, sealed = read_input(picture), read_input(beside)
    except OSError as error:
        raise ImagesError(
            f"{error.filename or beside}: cannot be read: {error.strerror}"
        ) from error
    frame = decode(public, str(picture))
    restore_frame(frame, unseal(sealed, key, public, str(beside)))
    write_new(output, encode(frame, "png"), mode=0o600)
    click.echo(f"{output}: restored")
