# SPDX-License-Identifier: Apache-2.0
"""Names that records say: those of the site, and few others.

A site that was changed has records of cameras and places that it no longer has. Each name is short,
but many of them are a text.
"""

from collections.abc import Collection, Iterator

from privcv_compliance.site_file import SiteFile

MOST_UNKNOWN = 24
"""More names than a site that is changed now and then leaves behind."""


def names_of(site: SiteFile) -> frozenset[str]:
    """Names of cameras, floors, zones and lines of ``site``, and of all that is in view."""
    found = {"floor", *site.cameras, *site.site.floors}
    for camera in site.cameras.values():
        found.update(camera.zones, camera.lines)
    for floor in site.site.floors.values():
        found.update(floor.zones)
    return frozenset(found)


class SaidNames:
    """Collects names. ``known``: those of the site; with none of these nothing is too many.
    ``most``: how many others there may be.
    """

    def __init__(self, known: Collection[str], most: int = MOST_UNKNOWN) -> None:
        self._known, self._most = frozenset(known), most
        self._unknown: set[str] = set()

    def add(self, *names: str) -> None:
        """Some were said."""
        if len(self._unknown) <= self._most:
            self._unknown.update(name for name in names if name and name not in self._known)

    def too_many(self) -> Iterator[str]:
        """What is wrong, in words."""
        if self._known and len(self._unknown) > self._most:
            yield f"more than {self._most} names that the site does not know"
