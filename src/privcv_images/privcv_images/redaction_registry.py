# SPDX-License-Identifier: Apache-2.0
"""Redaction registry: from settings to a redaction, the one place that knows them all."""

from collections.abc import Callable

from privcv_core.doors import load
from privcv_core.errors import SettingsError
from privcv_core.settings.extensions import build_extension
from privcv_images.errors import ImagesError
from privcv_images.extensions import RedactionExtension
from privcv_images.hiding.face_scores import FaceScores
from privcv_images.hiding.model_bytes import FaceSettings
from privcv_images.redactions.adversarial import Adversarial
from privcv_images.redactions.background import Background
from privcv_images.redactions.blackout import Blackout
from privcv_images.redactions.cosmetic import Blur, Pixelate
from privcv_images.redactions.dp_pixelization import DpPixelization
from privcv_images.redactions.generic_shape import GenericShape
from privcv_images.redactions.p3 import P3
from privcv_images.redactions.redaction import Redaction, Strength
from privcv_images.redactions.scene import Scene
from privcv_images.redactions.settings import NEED_SCENE, STRONG, RedactionSettings


def build_redaction(
    settings: RedactionSettings,
    scene: Scene | None = None,
    *,
    weak: bool = False,
    face: FaceSettings | None = None,
) -> Redaction:
    """The redaction that the settings describe, over the empty ``scene`` where it shows that.

    ``face``: the detector that an adversarial perturbation is made against.

    Raises ``SettingsError`` for a weak one unless ``weak`` is asked for, and where what a package
    adds cannot be used; ``ImagesError`` where a scene or ``face`` is needed and there is none;
    ``ModelError`` where ``face`` is no such model.
    """
    strength = strength_of(settings)
    if strength != "strong" and not weak:
        raise SettingsError(
            f"redaction '{settings.kind}': is weak, whoever is retrained on it knows people again; "
            f"take a strong one ({', '.join(STRONG)}), or say --weak: the output is then labelled "
            "as not anonymous"
        )
    if needs_scene(settings) and scene is None:
        raise ImagesError(
            f"redaction '{settings.kind}': needs the empty scene of a camera that stands still, "
            "which a single image has not; take blackout"
        )
    made: Redaction
    if settings.kind == "adversarial":
        made = _adversarial(settings, face)
    elif settings.is_ours:
        made = _OURS[settings.kind](settings, scene)
    else:
        made = build_extension(settings, RedactionExtension, scene)
    if made.strength != strength:
        raise SettingsError(
            f"redaction '{settings.kind}': its package says that it is {strength}, and what it "
            f"builds says that it is {made.strength}"
        )
    return made


def needs_scene(settings: RedactionSettings) -> bool:
    """Whether it shows the empty scene. Raises ``SettingsError`` as ``build_redaction``."""
    if settings.is_ours:
        return settings.kind in NEED_SCENE
    added: RedactionExtension = load("redactions", settings.kind, RedactionExtension).content
    return added.needs_scene


def strength_of(settings: RedactionSettings) -> Strength:
    """Whether it is strong or weak. Raises ``SettingsError`` as ``build_redaction``."""
    if settings.is_ours:
        return "strong" if settings.kind in STRONG else "weak"
    added: RedactionExtension = load("redactions", settings.kind, RedactionExtension).content
    return added.strength


def _background(settings: RedactionSettings, scene: Scene | None) -> Background:
    assert scene is not None, "it was asked for"
    return Background(scene)


def _adversarial(settings: RedactionSettings, face: FaceSettings | None) -> Adversarial:
    if face is None:
        raise ImagesError(
            "redaction 'adversarial': is made against a face detector, and none is named; give "
            "--faces, or 'face' in the settings"
        )
    return Adversarial(FaceScores(face), face.score / 2, settings.bound, settings.queries)


_OURS: dict[str, Callable[[RedactionSettings, Scene | None], Redaction]] = {
    "blackout": lambda settings, scene: Blackout(settings.grey),
    "mean": lambda settings, scene: DpPixelization(
        settings.epsilon, settings.columns, settings.rows, settings.per
    ),
    "background": _background,
    "shape": lambda settings, scene: GenericShape(_background(settings, scene), settings.step_s),
    "blur": lambda settings, scene: Blur(settings.blur_share),
    "p3": lambda settings, scene: P3(settings.p3_threshold, settings.p3_quality),
    "pixelate": lambda settings, scene: Pixelate(settings.cell_px),
}
