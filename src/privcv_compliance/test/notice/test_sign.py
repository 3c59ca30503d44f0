# SPDX-License-Identifier: Apache-2.0
"""The sign at the door carries the record, and is not made for one that is not in force."""

from pathlib import Path

import pytest
from compliance_site import NOW, run

from privcv_compliance.cli import notice
from privcv_compliance.errors import ComplianceError
from privcv_compliance.notice.sign import A4_INCHES, lay_out, qr_content
from privcv_compliance.site_file import SiteFile
from privcv_core.authorization.record import AuthorizationRecord
from privcv_core.authorization.record_file import load_signed, withdraw
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
    withdraw(file, "officer", "objection", NOW)  # type: ignore[arg-type]
    with pytest.raises(PrivcvError, match="not in force"):
        run(notice.command, "--site", str(site.path), "-o", str(tmp_path / "sign.png"))


def _record(site: SiteFile, **changes: object) -> AuthorizationRecord:
    file = site.cameras["lobby"].authorization.file  # type: ignore[union-attr]
    record = load_signed(file).record  # type: ignore[arg-type]
    return AuthorizationRecord.model_validate({**record.model_dump(), **changes})


WIDE, LONG = "W" * 200, "counting people to plan the opening of tills " * 11
HOURS = [{"days": [day], "start": "08:00", "end": "18:30"} for day in ("mon", "wed", "fri", "sun")]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"area": WIDE},
        {"purpose": LONG, "hours": HOURS},
        {"notice_url": "https://example.org/" + "Wi" * 125},
        {"controller": "C " * 100, "contact": "e " * 100},
    ],
    ids=["usual", "wide letters", "long", "long address", "many words"],
)
def test_nothing_on_the_sign_lies_over_something_else(
    site: SiteFile, tmp_path: Path, changes: dict[str, object]
) -> None:
    """The places come from what matplotlib drew, which knows nothing of the layout."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    record = _record(site, **changes)
    figure = Figure(figsize=A4_INCHES)
    renderer = FigureCanvasAgg(figure).get_renderer()
    boxes = []
    for line in lay_out(record):
        if not line.text:
            continue
        text = figure.text(
            line.x, line.y, line.text, fontsize=line.size, va="top", parse_math=False,
            weight="bold" if line.bold else "normal", ha="center" if line.centred else "left",
        )  # fmt: skip
        boxes.append(text.get_window_extent(renderer).transformed(figure.transFigure.inverted()))
    for number, box in enumerate(boxes):
        assert 0.02 < box.x0 < box.x1 < 0.98
        assert 0.005 < box.y0 < box.y1 < 1
        assert not any(box.overlaps(other) for other in boxes[:number])
        assert box.y0 > 0.35 or box.y1 < 0.115  # between them is the code


def test_what_does_not_fit_is_refused_by_name(site: SiteFile) -> None:
    record = _record(site, area=WIDE, purpose="W" * 500, controller=WIDE, contact=WIDE)
    with pytest.raises(ComplianceError, match="'What for' \\(500 characters\\)"):
        lay_out(record)


def test_no_name_of_an_employee_is_on_the_sign(site: SiteFile) -> None:
    record = _record(site, authorized_by="B. Example, head of the house")
    assert not any("Example, head" in line.text for line in lay_out(record))


@pytest.mark.parametrize("contact", ["   ", " @ ", "..."])
def test_no_code_leads_to_an_empty_address(site: SiteFile, contact: str) -> None:
    record = _record(site, contact=contact)
    assert not qr_content(record).startswith("mailto:")
    with pytest.raises(ComplianceError, match="reaches nobody"):
        lay_out(record)
