# SPDX-License-Identifier: Apache-2.0
"""What another package may add to the sources: one of its own, named in a site file by ``kind``.

An entry point of the group ``privcv.sources`` names a ``SourceExtension``; a site file takes it by
``source: {kind: acme, uri: …, options: {…}}``. ``privcv_perception.testing`` checks it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from privcv_core.settings.model import Settings
from privcv_perception.sources.source import Source


@dataclass(frozen=True)
class SourceExtension:
    """A source of another package: the model of its ``options``, and how it is made.

    ``build`` gets the options and ``source.uri``.

    Event time is what its frames say. ``is_recorded``: that is not the time of the clock, as of a
    file; otherwise what disagrees with the clock for good is not counted. What memory it decodes
    into is its own to wipe.
    """

    settings: type[Settings]
    build: Callable[[Any, str], Source]
    is_recorded: bool = False
