# SPDX-License-Identifier: Apache-2.0
"""The sign at the door carries the record, and is not made for one that is not in force."""

from pathlib import Path

import pytest
from compliance_site import NOW, run

from privcv_compliance.cli import notice
from privcv_compliance.site_file import SiteFile
from privcv_core.authorization.record_file import withdraw
from privcv_core.errors import PrivcvError


def test_the_sign_carries_the_record_and_a_code_that_reads(site: SiteFile, tmp_path: Path) -> None:
    """The code is read back by OpenCV, which did not write it."""
    import cv2

    sign = tmp_path / "sign.png"
    run(notice.command, "--site", str(site.path), "-o", str(sign))
    content, _, _ = cv2.QRCodeDetector().detectAndDecode(cv2.imread(str(sign)))
    assert content == "mailto:privacy@example.org"


def test_no_sign_for_a_record_that_is_not_in_force(site: SiteFile, tmp_path: Path) -> None:
    file = site.cameras["lobby"].authorization.file  # type: ignore[union-attr]
    withdraw(file, "B. Example", "objection", NOW)  # type: ignore[arg-type]
    with pytest.raises(PrivcvError, match="not in force"):
        run(notice.command, "--site", str(site.path), "-o", str(tmp_path / "sign.png"))
