# SPDX-License-Identifier: Apache-2.0
"""What the scan calls a file that it knows can be said in another language."""

import pytest

from privcv_compliance.documents.document import Evidence
from privcv_compliance.evidence.kinds_of_files import kind_of_file
from privcv_compliance.evidence.leftovers import name_leftovers
from privcv_compliance.evidence.state_scan import Found, scan_site
from privcv_compliance.languages.phrase import Phrase, in_language
from privcv_compliance.site_file import SiteFile


def test_every_known_file_of_a_site_has_a_kind_in_the_catalogue(site: SiteFile) -> None:
    known = {found.what for found in scan_site(site).found if not found.is_leftover}
    assert len(known) >= 3
    for what in known:
        kind = kind_of_file(what)
        assert isinstance(kind, Phrase), what
        assert kind == what
        assert in_language(kind, "de") != what


@pytest.mark.parametrize(
    ("what", "german"),
    [
        ("the lock of the uplink's outbox", "die Sperre von: der Postausgang"),
        ("the audit log 'lobby.detection'", "das Prüfprotokoll 'lobby.detection'"),
        ("a JPEG image", "ein Bild (JPEG)"),
        ("an image (PPM)", "ein Bild (PPM)"),
        ("a thing of tomorrow", "a thing of tomorrow"),
    ],
)
def test_a_kind_in_german(what: str, german: str) -> None:
    assert in_language(kind_of_file(what), "de") == german


def test_of_many_leftovers_of_one_kind_some_are_named_and_the_others_counted(
    site: SiteFile,
) -> None:
    many = [
        Found(site.state / f"{n}.jpg", 1, "a JPEG image", "it is none of ours") for n in range(9)
    ]
    evidence = Evidence("scan", "")
    (said,) = name_leftovers(many, evidence, most=2)
    assert "0.jpg (1 bytes), 1.jpg (1 bytes) and 7 more: a JPEG image" in said.text
    (said,) = name_leftovers(many, evidence)
    assert all(f"{n}.jpg" in said.text for n in range(9))
