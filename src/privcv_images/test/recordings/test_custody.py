# SPDX-License-Identifier: Apache-2.0
"""What P3 took out of a picture comes back with the custodian's key and with nothing else."""

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from scripted_finder import WhiteSquareFinder

from privcv_core.errors import SettingsError
from privcv_core.protocol.signing import SigningKey
from privcv_images.cli.custodian import command
from privcv_images.errors import ImagesError
from privcv_images.recordings import redact as redact_module
from privcv_images.recordings.custody import load_custodian_key, unseal
from privcv_images.recordings.image_codec import encode
from privcv_images.recordings.redact import Redaction
from privcv_images.recordings.settings import ImagesSettings
from privcv_images.redactions.p3 import P3, quantization, restore
from privcv_images.redactions.redaction import Region
from privcv_perception.detection.settings import DetectorSettings

REGION = Region("face", 21, 13, 77, 91)
"""No side of it is that of a block."""


def photograph(size=(123, 101)) -> np.ndarray:
    """Smooth, with edges and texture, as pictures are; no side is a whole number of blocks."""
    rng = np.random.default_rng(3)
    small = rng.integers(30, 220, (size[1] // 10, size[0] // 10, 3), np.uint8)
    frame = cv2.resize(small, size, interpolation=cv2.INTER_CUBIC)
    cv2.circle(frame, (50, 50), 20, (40, 60, 200), -1)
    return np.clip(frame + rng.normal(0, 3, frame.shape), 0, 255).astype(np.uint8)


def psnr(one: np.ndarray, other: np.ndarray) -> float:
    error = ((one.astype(float) - other.astype(float)) ** 2).mean()
    return 10 * np.log10(255**2 / max(error, 1e-9))


def test_the_steps_are_those_of_jpeg() -> None:
    """Against what OpenCV's own encoder writes into its files."""
    for quality in (30, 50, 90, 95):
        _, data = cv2.imencode(".jpg", photograph(), [cv2.IMWRITE_JPEG_QUALITY, quality])
        content = data.tobytes()
        start = content.index(b"\xff\xdb") + 5
        zigzag = sorted(
            ((r, c) for r in range(8) for c in range(8)),
            key=lambda rc: (sum(rc), rc[0] if sum(rc) % 2 else rc[1]),
        )
        written = list(content[start : start + 64])
        assert written == [int(quantization(quality)[place]) for place in zigzag]


def test_little_is_left_and_all_of_it_comes_back() -> None:
    original = photograph()
    frame, p3 = original.copy(), P3(20, 90)
    p3.redact(frame, [REGION, Region("face", 60, 50, 123, 101)], 0.0)
    public = REGION.of(frame)
    assert psnr(public, REGION.of(original)) < 18
    means = public.astype(float).mean(axis=(0, 1))
    assert np.abs(means - 128).max() < 8  # the means of all blocks are gone
    restored = frame.copy()
    restore(restored, p3.secret)
    _, data = cv2.imencode(".jpg", original, [cv2.IMWRITE_JPEG_QUALITY, 90])
    as_jpeg = psnr(cv2.imdecode(data, cv2.IMREAD_COLOR), original)
    assert psnr(REGION.of(restored), REGION.of(original)) > min(as_jpeg, 34) - 1


def test_the_picture_comes_back_from_a_public_part_that_was_encoded_again() -> None:
    original = photograph()
    frame, p3 = original.copy(), P3(20, 90)
    p3.redact(frame, [REGION], 0.0)
    _, data = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, 30])
    worse = cv2.imdecode(data, cv2.IMREAD_COLOR)
    restore(worse, p3.secret)
    assert psnr(REGION.of(worse), REGION.of(original)) > 33


def test_a_frame_without_regions_has_no_secret_part() -> None:
    p3 = P3(20, 90)
    p3.redact(photograph(), [REGION], 0.0)
    p3.redact(photograph(), [], 0.1)
    assert p3.secret == b""


@pytest.mark.parametrize("secret", [b"", b"nothing", P3(20, 90).secret])
def test_what_is_no_secret_part_is_refused(secret: bytes) -> None:
    with pytest.raises(ImagesError, match="secret part"):
        restore(photograph(), secret)


def test_a_secret_part_of_another_size_or_cut_off_is_refused() -> None:
    import zlib

    p3 = P3(20, 90)
    p3.redact(photograph(), [REGION], 0.0)
    with pytest.raises(ImagesError, match="123x101"):
        restore(photograph((100, 100)), p3.secret)
    content = zlib.decompress(p3.secret)
    with pytest.raises(ImagesError, match="cut off"):
        restore(photograph(), zlib.compress(content[:-64]))


def test_from_a_key_to_a_restored_picture(tmp_path, monkeypatch) -> None:
    run = CliRunner()
    made = run.invoke(command, ["key", str(tmp_path / "custodian.key")])
    public_key = made.output.strip()
    other = run.invoke(command, ["key", str(tmp_path / "other.key")])
    assert made.exit_code == other.exit_code == 0
    assert (tmp_path / "custodian.key").stat().st_mode & 0o777 == 0o600
    assert public_key not in (tmp_path / "custodian.key").read_text()
    original = photograph()
    original[20:60, 30:70] = 255
    source = tmp_path / "a.png"
    source.write_bytes(encode(original, "png"))
    monkeypatch.setattr(redact_module, "Finder", lambda settings, filled: WhiteSquareFinder())
    settings = ImagesSettings(
        people=DetectorSettings(kind="builtin"),
        redaction={"kind": "p3", "custodian": public_key},
    )
    signer = SigningKey.generate()
    with pytest.raises(SettingsError, match="--weak"):
        Redaction(settings, signer)
    (done,) = Redaction(settings, signer, weak=True).run(source, tmp_path / "b.png")
    assert b"NOT ANONYMOUS" in done.target.read_bytes()
    sealed = tmp_path / "b.png.p3"
    words = ["restore", str(done.target), "-o", str(tmp_path / "c.png"), "--key"]
    assert run.invoke(command, [*words, str(tmp_path / "custodian.key")]).exit_code == 0
    restored = cv2.imread(str(tmp_path / "c.png"))
    assert (tmp_path / "c.png").stat().st_mode & 0o777 == 0o600
    assert psnr(restored[20:60, 30:70], original[20:60, 30:70]) > 33
    wrong = run.invoke(command, [*words, str(tmp_path / "other.key")])
    assert isinstance(wrong.exception, ImagesError)
    assert "another custodian" in str(wrong.exception)
    key = load_custodian_key(tmp_path / "custodian.key")
    picture, content = done.target.read_bytes(), sealed.read_bytes()
    for changed, shown in ((content[:-1] + b"x", picture), (content, picture + b"x")):
        with pytest.raises(ImagesError, match="does not open"):
            unseal(changed, key, shown, "b.png.p3")


def test_p3_needs_a_custodian() -> None:
    with pytest.raises(ValueError, match="custodian: is required"):
        ImagesSettings(redaction={"kind": "p3"})
