# SPDX-License-Identifier: Apache-2.0
"""A picture in letters is found in each place where letters fit; what people write is none."""

import random
from pathlib import Path

import pytest
from hidden_pictures import ENCODINGS, FRAME, JPEG, pieces, places

from privcv_compliance.evidence.plain_text import is_data
from privcv_compliance.evidence.state_scan import scan_site
from privcv_compliance.site_file import SiteFile
from privcv_core.errors import PrivcvError

HONEST = [
    "/intruder calls /lobby/anonymization/set_parameters_atomically, and may not",
    "/srv/privcv-2026-11/state/audit/privcv-camera/lobby.detection.jsonl: cannot be read: "
    "Permission denied; ask again as root",
    "_ros2cli_daemon_0_ab12cd34ef56ab12cd34ef56ab12cd34 listens to /lobby/detections",
    "participant 01.0f.5c.2a.7b.00.12.34.00.00.01.c1 without a name speaks on /lobby/tracks",
    "privcv evaluate privacy --tracks shared/data/ucy/zara01.csv --format csv --seed 4711",
    "HTTPSConnectionPool(host='collector.example', port=8443): Max retries exceeded with url",
    "wie voll der Lesesaal ist: Öffnungszeiten, Plätze und Fluchtwege für Übung und Gefährdung",
    "閲覧室の混雑状況を把握し、利用者に空席を案内するため。個人を識別することはありません。",
    "Сколько людей в читальном зале; отдельные посетители не распознаются и не хранятся",
    "Pour savoir combien de personnes sont présentes à l’entrée, sans savoir qui elles sont",
    "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    "case 2026/117-A", "key 0a1b2c3d4e5f6071", "signed with key 0a1b2c3d4e5f6071",
    "rtsp://192.0.2.17:554/***: connection refused (os error 111), tried 3 times in 12.5 s",
    "yolox_nano_416x416_int8.onnx sha256 " + "ab12" * 16,
    "5f1d7a84-3c0e-4b8e-9d1f-2a6b7c8d9e0f", "",
]  # fmt: skip


@pytest.mark.parametrize("text", HONEST)
def test_what_people_and_programs_write_is_no_data(text: str) -> None:
    assert not is_data(text)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("picture", [JPEG, FRAME], ids=["jpeg", "frame"])
def test_pieces_of_a_picture_are_data(encoding: str, picture: bytes) -> None:
    """Of any start, in pieces as long as a fact of the audit log."""
    begin = random.Random(encoding).randrange(200)
    found = [is_data(piece) for piece in pieces(ENCODINGS[encoding](picture[begin:]), 256)]
    assert sum(found) >= len(found) / 5


@pytest.mark.parametrize("place", [name for name, _ in places()])
def test_a_picture_in_letters_is_found_wherever_it_is_put(site: SiteFile, place: str) -> None:
    """Facts of the audit log are judged by one function: of them a third of the letters."""
    encodings = list(ENCODINGS)[len(place) % 3 :: 3] if "." in place else list(ENCODINGS)
    for number, encoding in enumerate(encodings):
        hide(site, place, encoding, (JPEG, FRAME)[(len(place) + number) % 2])


@pytest.mark.long
@pytest.mark.parametrize("place", [name for name, _ in places()])
def test_each_picture_in_all_letters_is_found_wherever_it_is_put(
    site: SiteFile, place: str
) -> None:
    for encoding in ENCODINGS:
        for picture in (JPEG, FRAME):
            hide(site, place, encoding, picture)


def hide(site: SiteFile, place: str, encoding: str, picture: bytes) -> None:
    """Fail where ``picture`` is not found in ``place``, or where something was before or after."""
    before = _contents(site.path.parent)
    try:
        dict(places())[place](site, ENCODINGS[encoding](picture))
    except (ValueError, OSError):
        return  # the place takes no such letters
    inner = site.state / "site.yaml"
    found: object
    try:
        found = scan_site(SiteFile.read(inner if inner.exists() else site.path)).leftovers
    except PrivcvError as error:  # nobody reads such a site: nothing is answered, and it says why
        found = str(error) if "notes" in place else None
    assert found, (place, encoding)
    _restore(site.path.parent, before)
    assert scan_site(SiteFile.read(site.path)).leftovers == ()


def _contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _restore(folder: Path, before: dict[Path, bytes]) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            if not any(path in kept.parents for kept in before):
                path.rmdir()
        elif path not in before:
            path.unlink()
    for path, content in before.items():
        path.write_bytes(content)
