# SPDX-License-Identifier: Apache-2.0
"""A video whose redaction was killed goes on where it was, and comes out as if it had not been."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from scripted_finder import WhiteSquareFinder, picture

from privcv_core.protocol.person_keys import create_key, load_key
from privcv_core.protocol.signing import SigningKey
from privcv_images.hiding.found import Found
from privcv_images.recordings import redact as redact_module
from privcv_images.recordings.finder import Finder
from privcv_images.recordings.found_store import KEPT_EVERY, FoundStore
from privcv_images.recordings.redact import Redaction
from privcv_images.recordings.settings import ImagesSettings
from privcv_images.redactions.redaction import Region
from privcv_perception.detection.detector import Detections
from privcv_perception.detection.settings import DetectorSettings

FRAMES = 150
SETTINGS = ImagesSettings()
FACTS = {"input_sha256": "1", "version": "2"}


def write_video(path: Path) -> None:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, (160, 120))
    for index in range(FRAMES):
        writer.write(picture(index % 75))
    writer.release()


def redact(source: Path, target: Path, key: SigningKey, finder: WhiteSquareFinder) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(redact_module, "Finder", lambda settings, filled: finder)
        (done,) = Redaction(SETTINGS, key).run(source, target)
    assert not done.error


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from scripted_finder import WhiteSquareFinder
from test_resumed import SETTINGS
from privcv_core.protocol.person_keys import load_key
from privcv_images.recordings import redact
class Dying(WhiteSquareFinder):
    def find(self, frame, stamp_s):
        if self.seen == int(sys.argv[5]):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().find(frame, stamp_s)
redact.Finder = lambda settings, filled: Dying()
redaction = redact.Redaction(SETTINGS, load_key(Path(sys.argv[4])))
list(redaction.run(Path(sys.argv[2]), Path(sys.argv[3])))
"""


@pytest.mark.parametrize("at", [10, 77, 140])
def test_a_killed_run_goes_on_and_its_bytes_are_the_same(tmp_path: Path, at: int) -> None:
    video = tmp_path / "in.avi"
    write_video(video)
    create_key(tmp_path / "key.pem")
    key = load_key(tmp_path / "key.pem")
    whole = WhiteSquareFinder()
    redact(video, tmp_path / "whole.avi", key, whole)
    assert whole.seen == FRAMES
    support, here = Path(__file__).resolve().parents[1] / "support", Path(__file__).parent
    path = os.pathsep.join([str(here), str(support), os.environ.get("PYTHONPATH", "")])
    target = tmp_path / "out.avi"
    command = [sys.executable, "-c", KILLED, str(support), str(video), str(target)]
    done = subprocess.run(
        [*command, str(tmp_path / "key.pem"), str(at)],
        env={**os.environ, "PYTHONPATH": path}, capture_output=True, timeout=200, check=False,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert not target.exists()
    kept = tmp_path / ".out.avi.found"
    assert kept.stat().st_mode & 0o777 == 0o600
    again = WhiteSquareFinder()
    redact(video, target, key, again)
    assert again.seen == FRAMES - at // KEPT_EVERY * KEPT_EVERY
    assert target.read_bytes() == (tmp_path / "whole.avi").read_bytes()
    left = {one.name for one in tmp_path.iterdir()}
    assert left == {
        "in.avi", "key.pem", "whole.avi", "whole.avi.manifest.json", "out.avi",
        "out.avi.manifest.json",
    }  # fmt: skip


def found(index: int) -> Found:
    rng = np.random.default_rng(index)
    boxes = rng.random((index % 3, 4), np.float32) * 100 + 1
    others = (Region("face", 1, 2, 3, 4), Region("text", 5, 6, 70, 80, 9))[: index % 3]
    failed = "detector" if index % 7 == 3 else None
    people = Detections.from_rows(boxes, rng.random(index % 3, np.float32))
    return Found(index / 7, people, others, tuple(range(index % 2)), failed)


def kept_by(path: Path, key: SigningKey, facts: dict, count: int = 0) -> list[Found]:
    store = FoundStore(path, key, facts)
    for index in range(len(store.before), count):
        store.add(found(index))
    store.close(done=False)
    return store.before


def test_what_was_kept_is_read_again_and_shows_nobody_where_people_were(tmp_path: Path) -> None:
    path, key = tmp_path / ".out.found", SigningKey.generate()
    kept_by(path, key, FACTS, 70)
    again = kept_by(path, key, FACTS, 100)
    assert len(again) == 70
    for index, one in enumerate(again):
        expected = found(index)
        assert one.stamp_s == expected.stamp_s
        assert (one.people.boxes == expected.people.boxes).all()
        assert (one.people.scores == expected.people.scores).all()
        assert one.others == expected.others
        assert (one.sure_faces, one.failed) == (expected.sure_faces, expected.failed)
    content = path.read_bytes()
    assert b"boxes" not in content
    assert b"face" not in content
    assert kept_by(path, SigningKey.generate(), FACTS) == []


@pytest.mark.parametrize("what", ["key", "facts", "cut", "changed", "swapped"])
def test_of_another_run_or_a_torn_file_nothing_wrong_is_taken(tmp_path: Path, what: str) -> None:
    path, key = tmp_path / ".out.found", SigningKey.generate()
    kept_by(path, key, FACTS, 64)
    content = path.read_bytes()
    lengths = []
    place = 0
    while place < len(content):
        lengths.append(4 + int.from_bytes(content[place : place + 4], "big"))
        place += lengths[-1]
    first, second = sum(lengths[:10]), sum(lengths[:11])
    if what == "cut":
        path.write_bytes(content[: first + 9])
    elif what == "changed":
        path.write_bytes(content[: first + 20] + b"x" + content[first + 21 :])
    elif what == "swapped":
        third = sum(lengths[:12])
        path.write_bytes(
            content[:first] + content[second:third] + content[first:second] + content[third:]
        )
    given = {"key": SigningKey.generate() if what == "key" else key}
    facts = {**FACTS, "version": "3"} if what == "facts" else FACTS
    expected = 0 if what in ("key", "facts") else 10
    assert len(kept_by(path, given["key"], facts, 64)) == expected
    if what not in ("key", "facts"):
        assert len(kept_by(path, key, FACTS)) == 64


class Faces:
    """Notes in which frames small faces were looked for."""

    def __init__(self) -> None:
        self.small: list[bool] = []

    def detect(self, frame: np.ndarray, *, small: bool) -> Detections:
        self.small.append(small)
        if frame.any():
            raise RuntimeError("a planted failure of a close look")
        return Detections.empty()

    def wipe(self) -> None:
        pass


FAILS_AT = 5


@pytest.mark.parametrize("resumed_at", [0, 1, 7, 23])
def test_the_rhythm_of_close_looks_goes_on_too(resumed_at: int) -> None:
    looks: list[list[bool]] = []
    found: list[Found] = []
    for begin in (0, resumed_at):
        finder: Any = Finder(ImagesSettings(people=DetectorSettings(kind="builtin")), filled=True)
        finder._faces = Faces()
        for index in range(30):
            frame = np.zeros((120, 160, 3), np.uint8)
            frame[:] = 255 * (index == FAILS_AT)
            stamp_s = index / 10 + (0.05 if index % 4 == 1 else 0)
            if index < begin:
                finder.passed(found[index])
            else:
                one = finder.find(frame, stamp_s)
                found += [one] * (not looks)
        looks.append(finder._faces.small)
    assert [index for index, one in enumerate(found) if one.failed] == [FAILS_AT]
    assert looks[0][FAILS_AT + 1]
    assert looks[1] == looks[0][resumed_at:]
    assert len(set(looks[0])) == 2
