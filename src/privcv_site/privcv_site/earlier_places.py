# SPDX-License-Identifier: Apache-2.0
"""Files of a device that lie where they lay before ``state`` of the site file moved them.

Until then outbox and device key were in ``$STATE_DIRECTORY`` or the user's own state folder,
whatever the site file said. A device that was set up so has releases and an identity there: it must
neither lose the ones nor take a new other without a word.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from privcv_core.files.state_folder import default_state
from privcv_site.site import Site
from privcv_uplink.settings import state_folder


@dataclass(frozen=True)
class LeftBehind:
    """A file in its ``earlier`` place; the site's is ``place``, where there is none."""

    key: str  # of the site file, that names its place
    what: str
    earlier: Path
    place: Path


def files_left_behind(site: Site) -> tuple[LeftBehind, ...]:
    """The outbox and the device key, where only their earlier places have them."""
    if site.uplink is None:
        return ()
    files = []
    if "key_file" not in site.uplink.model_fields_set:
        files.append(("uplink.key_file", "device key", site.device_key, "uplink-key.json"))
    if "file" not in site.uplink.outbox.model_fields_set:
        files.append(("uplink.outbox.file", "outbox", site.outbox, "outbox.db"))
    return tuple(
        LeftBehind(key, what, earlier, place)
        for key, what, place, name in files
        if not place.exists()
        for earlier in _earlier(name)
    )


def _earlier(name: str) -> Iterator[Path]:
    """At most one: the first place that has the file."""
    for folder in (state_folder(), default_state()):
        if (folder / name).exists():
            yield folder / name
            return
