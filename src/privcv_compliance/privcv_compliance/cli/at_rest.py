# SPDX-License-Identifier: Apache-2.0
"""``privcv at-rest``: keys for what is kept on the device, and its encryption with them."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from privcv_compliance.cli.site_option import site_option

if TYPE_CHECKING:
    from privcv_compliance.site_file import SiteFile

_file = click.Path(dir_okay=False, path_type=Path)


@click.group()
def command() -> None:
    """Encrypt what is kept on the device (AES-256-GCM): ledger, outbox, audit log, authorizations.

    The requests of data subjects and breaches stand in the audit log. The site file names the key
    (at_rest_key): a file that only its owner can read, or 'credential' for the systemd credential
    at-rest-key. The environment variable PRIVCV_AT_REST_KEY names a key file instead of it. Whoever
    loses the key loses what is kept: keep a copy elsewhere.

    \b
    Examples:
      privcv at-rest key /etc/privcv/at-rest.key
      privcv at-rest seal --site site.yaml
      privcv at-rest rotate --site site.yaml
    """


@command.command()
@click.argument("file", type=_file)
@click.option("--after", type=_file, help="Key file whose keys are still to open what they sealed.")
def key(file: Path, after: Path | None) -> None:
    """Make a key file; never replaces one.

    \b
    Examples:
      privcv at-rest key /etc/privcv/at-rest.key
      privcv at-rest key new.key --after old.key     # where the key is a credential: then seal
    """
    from privcv_core.at_rest.keys import Keyring, new_key, read_keys
    from privcv_core.files.atomic_file import write_new

    older = read_keys(after).keys if after else ()
    ring = Keyring((new_key(), *older), str(file))
    write_new(file, ring.text(), mode=0o600)
    click.echo(f"{file}: key {ring.newest.id.hex()}; keep a copy of this file elsewhere")


@command.command()
@site_option
def status(site_path: Path) -> None:
    """Say of each file under which keys it is, or that it is in the clear.

    \b
    Example:
      privcv at-rest status --site site.yaml
    """
    from privcv_compliance.keeping.resealing import kept_files
    from privcv_compliance.site_file import SiteFile

    for kept in kept_files(SiteFile.read(site_path)):
        click.echo(str(kept))


@command.command()
@site_option
def seal(site_path: Path) -> None:
    """Encrypt everything with the newest key, what is in the clear and what older keys sealed.

    Stop the graph first. Whatever interrupts it, each file is whole; ask again. Files that were in
    the clear are overwritten, but a flash memory keeps old copies: erase it to be sure.

    \b
    Example:
      privcv at-rest seal --site site.yaml
    """
    from privcv_compliance.keeping.resealing import reseal
    from privcv_core.at_rest.keys import keys_in_use
    from privcv_core.errors import SettingsError

    site = _site(site_path)
    ring = keys_in_use()
    if ring is None:
        raise SettingsError(f"{site_path}: at_rest_key: names no key; see 'privcv at-rest key'")
    done = reseal(site, ring)
    _tell(site, "at_rest.sealed", ring.newest.id.hex(), done)


@command.command()
@site_option
def unseal(site_path: Path) -> None:
    """Put everything in the clear again; then take at_rest_key out of the site file.

    \b
    Example:
      privcv at-rest unseal --site site.yaml
    """
    from privcv_compliance.keeping.resealing import reseal
    from privcv_core.at_rest.keys import name_keys, without_keys

    site = _site(site_path)
    done = reseal(site, None)
    name_keys(None)
    with without_keys():
        _tell(site, "at_rest.unsealed", "none", done)


@command.command()
@site_option
def rotate(site_path: Path) -> None:
    """Make a new key, give it to everything, and forget the older ones.

    Stop the graph first. An interrupted rotation goes on where it is asked again. Where the key is
    a credential, PRIVCV_AT_REST_KEY names the file that the credential is made from.

    \b
    Example:
      privcv at-rest rotate --site site.yaml
    """
    import os

    from privcv_compliance.keeping.resealing import kept_files, rotate
    from privcv_core.at_rest.keys import VARIABLE
    from privcv_core.errors import SettingsError

    site = _site(site_path)
    named = os.environ.get(VARIABLE) or site.site.at_rest_key
    if named is None or named == "credential":
        raise SettingsError(
            f"{site_path}: at_rest_key: names no key file; name it with {VARIABLE}=FILE"
        )
    newest = rotate(site, Path(named))
    _tell(site, "at_rest.sealed", newest.id.hex(), [kept.path for kept in kept_files(site)])


def _site(path: Path) -> "SiteFile":
    from privcv_compliance.site_file import SiteFile

    return SiteFile.read(path)


def _tell(site: "SiteFile", event: str, key: str, done: list[Path]) -> None:
    from privcv_compliance.operator_log import operator_log

    with operator_log(site.audit) as log:
        log.append(event, key=key, files=len(done))
    click.echo(f"{len(done)} files rewritten" + (f" with key {key}" if key != "none" else ""))
