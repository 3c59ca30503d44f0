# SPDX-License-Identifier: Apache-2.0
"""An adversarial perturbation keeps its bound, lowers what the network says, claims no more."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from privcv_core.errors import SettingsError
from privcv_core.settings.model import data_folder, parse_settings
from privcv_images.cli.redact import command
from privcv_images.errors import ImagesError
from privcv_images.hiding.model_bytes import FaceSettings
from privcv_images.live.settings import LiveSettings
from privcv_images.recordings.manifest import settings_facts
from privcv_images.recordings.settings import ImagesSettings
from privcv_images.redaction_registry import build_redaction
from privcv_images.redactions.adversarial import Adversarial
from privcv_images.redactions.redaction import Region
from privcv_images.redactions.settings import RedactionSettings

MODEL = data_folder() / "models" / "yunet_n_640_640.onnx"
FACES = data_folder() / "data" / "orl_faces"
needs_data = pytest.mark.skipif(
    not MODEL.exists() or not FACES.exists(), reason="needs the YuNet and the faces of PRIVCV_DATA"
)
SIZE = (160, 120)
FACE = Region("face", 60, 20, 100, 70, 1)
BOUND = 24


class Contrast:
    """A network that is the surer of a face the brighter its upper half is against its lower."""

    def __init__(self, sure: float = 0.0) -> None:
        self.asked = self.wiped = 0
        self.sure = sure

    def excess(self, variants, corner, size, score):
        self.asked += len(variants)
        middle = variants.shape[1] // 2
        upper, lower = (
            part.mean(axis=(1, 2, 3)) for part in (variants[:, :middle], variants[:, middle:])
        )
        return np.maximum(self.sure + upper - lower, 0).astype(np.float32)

    def wipe(self) -> None:
        self.wiped += 1


def frame_of(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (SIZE[1], SIZE[0], 3), np.uint8)


@pytest.mark.parametrize("bound", [1, 24, 64])
def test_no_pixel_changes_by_more_than_the_bound_and_none_beside_the_regions(bound: int) -> None:
    original = frame_of(3)
    original[30:50, 70:90] = 255  # and at the ends of what a colour can be
    original[50:60, 70:90] = 0
    regions = [Region("body", 40, 10, 110, 115, 1), FACE, Region("face", 90, 40, 120, 80, 2)]
    frame = original.copy()
    Adversarial(Contrast(50.0), 0.0, bound, 200).redact(frame, regions, 0.0)
    changed = np.abs(frame.astype(int) - original)
    assert changed.max() == bound
    people = np.zeros(frame.shape[:2], bool)
    for region in regions:
        people[region.top : region.bottom, region.left : region.right] = True
    assert not changed[~people].any()


def test_what_the_network_says_falls_and_it_is_asked_no_more_than_was_said() -> None:
    for seed in range(5):
        frame = frame_of(seed)
        network = Contrast(8.0)
        around = np.s_[10:80, 50:110]
        before = network.excess(frame[around][None], (50, 10), SIZE, 0.0)[0]
        network.asked = 0
        Adversarial(network, 0.0, BOUND, 300).redact(frame, [FACE], 0.0)
        assert 1 < network.asked <= 300
        assert network.wiped == 1
        assert network.excess(frame[around][None], (50, 10), SIZE, 0.0)[0] < before - 3


def test_a_network_that_finds_no_face_is_asked_no_more() -> None:
    network = Contrast(-1000.0)
    Adversarial(network, 0.0, BOUND, 300).redact(frame_of(1), [FACE], 0.0)
    assert network.asked == 1


def test_a_second_run_gives_the_same_bytes_whatever_came_before() -> None:
    redaction = Adversarial(Contrast(8.0), 0.0, BOUND, 100)
    made = []
    for before in (1, 2):
        redaction.redact(frame_of(before), [FACE], 0.0)
        frame = frame_of(9)
        redaction.redact(frame, [FACE], 0.1)
        made.append(frame)
    assert (made[0] == made[1]).all()


@pytest.mark.parametrize("kind", ["plate", "text", "screen", "area"])
def test_what_shows_nobody_is_black_since_no_network_was_asked_for_it(kind) -> None:
    frame = frame_of(2)
    sign = Region(kind, 70, 30, 90, 40)
    Adversarial(Contrast(8.0), 0.0, BOUND, 50).redact(frame, [sign, FACE], 0.0)
    assert not sign.of(frame).any()


@needs_data
def test_opencvs_network_finds_faces_less_and_people_see_them_still() -> None:
    """The oracle is OpenCV's own run of the network, on the whole frame."""
    before, after, planted = [], [], []
    redaction = build_redaction(
        RedactionSettings(kind="adversarial"), weak=True, face=FaceSettings(model=MODEL)
    )

    class Nothing(Adversarial):
        def _attack(self, frame, bounds, region, rng) -> None:
            region.of(frame)[:] = self.original

    for person in range(1, 7):
        original = np.full((200, 240, 3), 110, np.uint8)
        face = cv2.imread(str(FACES / f"s{person}" / "1.png"))
        original[60:116, 90:136] = cv2.resize(face, (46, 56), interpolation=cv2.INTER_AREA)
        region = Region("face", 88, 60, 138, 116, 1)
        frame = original.copy()
        redaction.redact(frame, [region], 0.0)
        assert np.abs(frame.astype(int) - original).max() <= BOUND
        before.append(opencvs_score(original))
        after.append(opencvs_score(frame))
        nothing = Nothing(Contrast(), 0.0, BOUND, 10)
        nothing.original = region.of(original).copy()
        frame = original.copy()
        nothing.redact(frame, [region], 0.0)
        planted.append(opencvs_score(frame))
    assert falls(before, after)
    assert not falls(before, planted), "a perturbation that does nothing passes this test"


def falls(before: list[float], after: list[float]) -> bool:
    """Whether half of those who were found are lost, and nobody is found more surely."""
    assert min(before) > 0.6
    return bool(np.median(after) < 0.3) and all(
        now <= then for then, now in zip(before, after, strict=True)
    )


def opencvs_score(picture: np.ndarray) -> float:
    size = picture.shape[1], picture.shape[0]
    found = cv2.FaceDetectorYN.create(str(MODEL), "", size, 0.02, 0.3).detect(picture)[1]
    return 0.0 if found is None else float(found[:, 14].max())


def test_without_a_detector_of_faces_it_is_refused_with_exit_status_2(tmp_path: Path) -> None:
    with pytest.raises(ImagesError, match="--faces"):
        build_redaction(RedactionSettings(kind="adversarial"), weak=True)
    arguments = [str(tmp_path), "-o", str(tmp_path / "out"), "--key", str(tmp_path / "key"),
                 "--weak", "--redaction", "adversarial"]  # fmt: skip
    error = CliRunner().invoke(command, arguments).exception
    assert isinstance(error, SettingsError)
    assert "face: is required for redaction 'adversarial'" in str(error)


def test_a_stream_does_not_wait_for_it() -> None:
    content = {"redaction": {"kind": "adversarial"}, "face": {"model": "a.onnx"}, "weak": True}
    with pytest.raises(SettingsError, match="redact a recording"):
        parse_settings(LiveSettings, content, "site.yaml", Path("/"))


def test_the_manifest_says_against_what_it_holds_and_of_how_many_faces_nothing() -> None:
    settings = ImagesSettings(
        people={"kind": "builtin"}, face={"model": MODEL}, redaction={"kind": "adversarial"}
    )
    facts = settings_facts(settings, anonymous=False)
    assert facts["label"] == "NOT ANONYMOUS"
    assert "nothing against people or other networks" in facts["holds_against"]
    assert facts["redaction"]["bound"] == BOUND
    blackout = settings.model_copy(update={"redaction": RedactionSettings()})
    assert "holds_against" not in settings_facts(blackout, anonymous=True)
