# SPDX-License-Identifier: Apache-2.0
"""The options that name the site file, and more folders to scan."""

from pathlib import Path

import click

site_option = click.option(
    "--site",
    "site_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="Site file.",
)

also_option = click.option(
    "--also",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    multiple=True,
    help="Another folder to look through, such as one for recordings.",
)
