# SPDX-License-Identifier: Apache-2.0
"""What another package may add to the redactions: one of its own, with settings of its own.

::

    class AcmeSettings(Settings):
        colour: int = Field(0, ge=0, le=255, description="of the bars")

    REDACTION = RedactionExtension(AcmeSettings, lambda settings, scene: Bars(settings.colour))

An entry point of the group ``privcv.redactions`` names ``REDACTION``; ``--redaction acme`` takes
it. ``privcv_images.testing`` checks it. What it says of its own strength is believed: the manifest
tells which distribution and version said so.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from privcv_core.settings.model import Settings
from privcv_images.redactions.redaction import Redaction, Strength
from privcv_images.redactions.scene import Scene


@dataclass(frozen=True)
class RedactionExtension:
    """A redaction of another package: the model of its ``options``, and how it is made.

    ``build`` gets the options and, where ``needs_scene``, the empty scene, else None. ``strength``:
    of what it builds.
    """

    settings: type[Settings]
    build: Callable[[Any, Scene | None], Redaction]
    needs_scene: bool = False
    strength: Strength = "strong"
