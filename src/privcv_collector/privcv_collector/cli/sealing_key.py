# SPDX-License-Identifier: Apache-2.0
"""``privcv collector sealing-key``: the key for which devices seal their shares."""

from pathlib import Path

import click


@click.command("sealing-key")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--number", type=click.IntRange(0, 255), default=1, show_default=True,
    help="Its number at this collector; another one for the next key.",
)  # fmt: skip
@click.option(
    "--other", metavar="HPKE",
    help="The other collector's public key: prints 'verification' of the task, too.",
)  # fmt: skip
def sealing_key(file: Path, number: int, other: str | None) -> None:
    """Make the key with which this collector opens shares, or read the one in FILE.

    Prints what a task has to say of it: 'hpke', and 'verification', which is the same for both.

    \b
    Example:
      privcv collector sealing-key sealing.json
      privcv collector sealing-key sealing.json --other AgAgAAEAAQAg…
    """
    from privcv_across.sealing.hpke import HpkeConfig
    from privcv_across.sealing.sealing_key import create_sealing_key, load_sealing_key
    from privcv_across.sealing.shared_key import verification_of
    from privcv_core.protocol import base64url

    key = load_sealing_key(file) if file.exists() else create_sealing_key(file, number)
    click.echo(f"hpke: {base64url.encode(key.config.encode())}")
    if other is not None:
        config = HpkeConfig.decode(base64url.decode(other))
        click.echo(f"verification: {verification_of(key, config.public_key)}")
