# SPDX-License-Identifier: Apache-2.0
"""``privcv audit images``: is an output what its signed manifest says?"""

import sys
from pathlib import Path

import click


@click.command(epilog="\b\nExample:\n  privcv audit images shared/*.manifest.json --trusted KEY")
@click.argument("manifests", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--trusted", default="", help="Public key that must have signed; default: any.")
def command(manifests: tuple[Path, ...], trusted: str) -> None:
    """Verify MANIFESTS of redacted pictures and videos, and the outputs that lie beside them."""
    from privcv_core.files.input_file import digest_input
    from privcv_images.errors import ImagesError
    from privcv_images.recordings.manifest import read_manifest

    changed = False
    for path in manifests:
        content = read_manifest(path, trusted)
        output = path.with_name(path.name.removesuffix(".manifest.json"))
        try:
            digest = digest_input(output) if output.exists() else ""
        except OSError as error:
            raise ImagesError(f"{output}: cannot be read: {error.strerror}") from error
        if digest == content.get("output_sha256", digest):
            label = "anonymous" if content.get("anonymous") is True else "NOT ANONYMOUS"
            frames, published = content.get("frames", 0), content.get("published", 0)
            click.echo(f"{output}: as signed, {label}; {published} of {frames} frames published")
        else:
            changed = True
            click.echo(f"{output}: is not what was signed", err=True)
    if changed:
        sys.exit(1)
