# SPDX-License-Identifier: Apache-2.0
"""Each redaction hides what it is given and nothing else, and tells no more than it says."""

import math

import numpy as np
import pytest

from privcv_core.errors import SettingsError
from privcv_core.settings.model import data_folder
from privcv_images.errors import ImagesError
from privcv_images.hiding.model_bytes import FaceSettings
from privcv_images.redaction_registry import build_redaction
from privcv_images.redactions.blackout import Blackout
from privcv_images.redactions.cosmetic import Blur
from privcv_images.redactions.dp_pixelization import DpPixelization
from privcv_images.redactions.generic_shape import GenericShape
from privcv_images.redactions.redaction import Region, region_of
from privcv_images.redactions.scene import Scene
from privcv_images.redactions.settings import STRONG, WEAK, RedactionSettings
from privcv_images.testing import RecordingRedaction, check_redaction
from privcv_perception.errors import FrameError

SIZE = (160, 120)
FACE_MODEL = data_folder() / "models" / "yunet_n_640_640.onnx"
BODY = Region("body", 20, 10, 60, 90, 1)


def scene() -> Scene:
    plate = np.random.default_rng(9).integers(0, 256, (SIZE[1], SIZE[0], 3), np.uint8)
    return Scene(plate, np.zeros((SIZE[1], SIZE[0]), bool))


def settings_of(kind: str) -> RedactionSettings:
    custodian = {"custodian": "A" * 43} if kind == "p3" else {}
    return RedactionSettings(kind=kind, **custodian)


@pytest.mark.parametrize("kind", [kind for kind in (*STRONG, *WEAK) if kind != "shape"])
def test_each_of_ours_holds_to_what_redactions_are(kind: str) -> None:
    settings, face = settings_of(kind), None
    if kind == "adversarial":
        if not FACE_MODEL.exists():
            pytest.skip("needs the YuNet of PRIVCV_DATA")
        face = FaceSettings(model=FACE_MODEL)
    check_redaction(lambda: build_redaction(settings, scene(), weak=True, face=face), SIZE)


def test_a_shape_hides_as_what_lies_beneath() -> None:
    """The box itself may stand beside a body, so that it is checked with its own oracle."""
    frames = []
    for seed in (1, 2):
        frame = scene().plate.copy()
        BODY.of(frame)[:] = np.random.default_rng(seed).integers(0, 256, (80, 40, 3), np.uint8)
        build_redaction(RedactionSettings(kind="shape"), scene()).redact(frame, [BODY], 0.0)
        frames.append(frame)
    assert (frames[0] == frames[1]).all()


def test_who_leaves_what_is_to_be_hidden_is_found() -> None:
    class Nothing(Blackout):
        def redact(self, frame, regions, stamp_s) -> None:
            pass

    class Everything(Blackout):
        def redact(self, frame, regions, stamp_s) -> None:
            frame[:] = 0 if regions else frame

    class Tells(Blur):
        strength = "strong"

    for wrong in (Nothing, Everything, lambda: Tells(0.2)):
        with pytest.raises(AssertionError):
            check_redaction(wrong)


@pytest.mark.parametrize("kind", WEAK)
def test_a_weak_one_has_to_be_asked_for(kind: str) -> None:
    with pytest.raises(SettingsError, match="--weak"):
        build_redaction(settings_of(kind))
    if kind != "adversarial":  # which wants a model too: tests of its own
        assert build_redaction(settings_of(kind), weak=True).strength == "weak"


def test_a_scene_is_needed_for_what_shows_it() -> None:
    with pytest.raises(ImagesError, match="empty scene"):
        build_redaction(RedactionSettings(kind="background"))
    frame = np.zeros((50, 50, 3), np.uint8)
    background = build_redaction(RedactionSettings(kind="background"), scene())
    with pytest.raises(FrameError, match="160x120"):
        background.redact(frame, [], 0.0)


def test_a_kind_that_nobody_adds_is_refused() -> None:
    with pytest.raises(ValueError, match="no installed package adds it"):
        RedactionSettings(kind="acme")


def test_colours_are_drawn_once_for_a_track_and_anew_for_a_frame() -> None:
    rng = np.random.default_rng(4)
    shown = {"track": [], "frame": []}
    for per, frames in shown.items():
        redaction = DpPixelization(8.0, 2, 4, per)
        for index in range(30):
            frame = rng.integers(0, 256, (SIZE[1], SIZE[0], 3), np.uint8)
            redaction.redact(frame, [BODY], index * 0.1)
            frames.append(BODY.of(frame).tobytes())
        assert redaction.cost.per == per
        assert redaction.cost.epsilon == 8.0
    assert len(set(shown["track"])) == 1
    assert len(set(shown["frame"])) > 25  # clipped noise may draw the same twice


def test_a_region_of_nobody_draws_nothing() -> None:
    frame = np.full((SIZE[1], SIZE[0], 3), 200, np.uint8)
    region = Region("body", 0, 0, 40, 40)
    DpPixelization(8.0, 2, 4).redact(frame, [region], 0.0)
    assert not region.of(frame).any()


def test_the_noise_of_a_cell_pays_for_all_pixels_of_all_cells() -> None:
    """Black against white bodies: how often a single cell is brighter tells at most e^epsilon."""
    epsilon, runs, threshold = 1.0, 4000, 128
    above = []
    for colour in (0, 255):
        count = 0
        redaction = DpPixelization(epsilon, 1, 1)
        for run in range(runs):
            frame = np.full((8, 8, 3), colour, np.uint8)
            region = Region("body", 0, 0, 8, 8, run)
            redaction.redact(frame, [region], 0.0)
            count += bool((frame[0, 0] >= threshold).all())
        above.append(count / runs)
    low, high = above
    # The three colours together pay epsilon: the ratio over the draws, less 4.5 sd of its log.
    deviation = math.sqrt((1 - low) / (low * runs) + (1 - high) / (high * runs))
    assert math.log(high / low) <= epsilon + 4.5 * deviation
    # And it is no blackout: with the product's own epsilon a cell still tells something.
    assert high > low


def test_a_box_stands_still_for_five_seconds_and_is_alike_for_all() -> None:
    shape = GenericShape(RecordingRedaction(), 5.0)
    boxes = []
    for index in range(20):
        frame = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
        body = Region("body", 20 + 4 * index, 10, 50 + 4 * index, 100 - index % 3, 1)
        shape.redact(frame, [body], 100.0 + 0.5 * index)
        grey = (frame == 150).all(axis=2) | (frame == 90).all(axis=2)
        rows, columns = np.nonzero(grey)
        boxes.append((columns.min(), rows.min(), columns.max(), rows.max()))
    assert len(set(boxes[:10])) == 1
    assert len(set(boxes[10:])) == 1
    assert boxes[0] != boxes[10]
    sizes = {(right - left, bottom - top) for left, top, right, bottom in boxes}
    assert len(sizes) == 1


def test_a_region_takes_every_pixel_that_a_box_touches_and_none_beside_the_image() -> None:
    assert region_of("face", (1.9, -3.5, 2.2, 5.0), SIZE) == Region("face", 1, 0, 5, 2)
    assert region_of("face", (150.5, 100, 400, 400), SIZE) == Region("face", 150, 100, 160, 120)
    assert region_of("face", (-30, 10, 20, 20), SIZE) is None
    assert region_of("face", (10, 120, 20, 20), SIZE) is None
