# SPDX-License-Identifier: Apache-2.0
"""Detector registry: from settings to a detector, the one place that knows the families."""

from typing import TYPE_CHECKING

import numpy as np

from privcv_perception.calibration.calibration import Calibration
from privcv_perception.calibration.overhead import refuse_overhead
from privcv_perception.calibration.person_size import ADULT_M
from privcv_perception.detection.detector import Detector, HeightPrior
from privcv_perception.detection.pace import PacedDetector
from privcv_perception.detection.settings import MOST_LOOKS_PER_S, DetectorSettings, is_model_path
from privcv_perception.extensions import extended_detector

if TYPE_CHECKING:
    from privcv_perception.detection.onnx.model_description import ModelDescription
    from privcv_perception.detection.onnx.model_file import ModelFile


def build_detector(
    settings: DetectorSettings, calibration: Calibration | None, image_size: tuple[int, int]
) -> Detector:
    """The detector that the settings describe, for frames of ``image_size`` (width, height), px.

    Raises ``ModelError`` where the model cannot be used, ``SettingsError`` where that is so of
    what a package adds, ``CalibrationError`` where people are seen from above only.
    """
    if not settings.is_ours:
        return extended_detector(settings, calibration, image_size)
    refuse_overhead(calibration, image_size)
    if settings.kind == "builtin":
        from privcv_perception.detection.hog.detector import BuiltinDetector

        builtin = BuiltinDetector(_heights(calibration, image_size), settings.min_score)
        at_each = settings.builtin_looks_per_s >= MOST_LOOKS_PER_S
        return builtin if at_each else PacedDetector(builtin, settings.builtin_looks_per_s)
    from privcv_perception.detection.onnx.detector import OnnxDetector
    from privcv_perception.detection.onnx.network import OnnxNetwork

    file, model = _model(settings)
    network = OnnxNetwork(file, model, list(settings.providers), settings.threads)
    return OnnxDetector(network, model.input, settings)


def unpinned(settings: DetectorSettings) -> list[str]:
    """The settings that would pin what this model is, and are not given; with their values.

    What they would pin can be replaced by whoever may write beside it. A model that is named, not
    given as a path, needs none: the registry pins it. Raises ``ModelError`` as ``build_detector``.
    """
    if settings.kind != "onnx" or not is_model_path(settings.model):
        return []
    from privcv_perception.detection.onnx.model_description import description_digest
    from privcv_perception.detection.onnx.model_registry import known_digests

    file, _ = _model(settings)
    missing = [] if settings.sha256 else [f"sha256: {file.sha256}"]
    if file.sha256 not in known_digests() and not settings.description_sha256:
        missing.append(f"description_sha256: {description_digest(file.path)}")
    return missing


def _model(settings: DetectorSettings) -> "tuple[ModelFile, ModelDescription]":
    from privcv_perception.detection.onnx.model_description import describe_model
    from privcv_perception.detection.onnx.model_file import read_model
    from privcv_perception.detection.onnx.model_registry import (
        find_model,
        known_digests,
        pinned_by_name,
    )

    file = read_model(find_model(settings.model, settings.folder))
    return file, describe_model(
        file,
        known_digests(),
        pinned_by_name(settings.model),
        sha256=settings.sha256,
        description_sha256=settings.description_sha256,
    )


def _heights(calibration: Calibration | None, image_size: tuple[int, int]) -> HeightPrior | None:
    """Height of a person by place, px, where the calibration knows it."""
    if calibration is None:
        return None
    x, y = np.meshgrid(np.linspace(0, image_size[0], 9), np.linspace(0, image_size[1], 9))
    if not np.isfinite(calibration.person_box(np.column_stack([x.ravel(), y.ravel()]))).any():
        return None
    return lambda feet: calibration.person_box(feet, ADULT_M)[:, 1].astype(np.float32)
