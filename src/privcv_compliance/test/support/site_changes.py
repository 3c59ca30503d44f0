# SPDX-License-Identifier: Apache-2.0
"""Changes of a world in which a site stands, for tables of what a document then says."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from assessed_sentences import set_keys

from privcv_compliance.site_file import SiteFile
from privcv_core.authorization.record import SignedRecord
from privcv_core.authorization.record_file import load_signed, save_signed
from privcv_core.protocol.person_keys import load_key


class HasSite(Protocol):
    """A world: it has a site, whose file, record and officer's key lie in one folder."""

    site: SiteFile


Change = Callable[..., None]


def record_file(world: HasSite) -> Path:
    """The signed record of the one camera."""
    return world.site.path.parent / "lobby.json"


def setting(key: str, value: object) -> Change:
    """Set ``key`` (dotted) of the site file."""
    return lambda world: set_keys(world.site.path, {key: value})


def record(**changes: object) -> Change:
    """Have the authorization record say something else, signed."""

    def change(world: HasSite) -> None:
        old = load_signed(record_file(world)).record
        key = load_key(world.site.path.parent / "officer.pem")
        changed = type(old).model_validate({**old.model_dump(), **changes})
        save_signed(SignedRecord.sign(changed, key), record_file(world))

    return change


def both(*changes: Change) -> Change:
    """One change after the other."""

    def change(world: HasSite) -> None:
        for one in changes:
            one(world)

    return change
