# SPDX-License-Identifier: Apache-2.0
"""The sign at the door carries record and answers, and is not made where something is missing."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from compliance_site import ANSWERS, NOW, UTC, answer, run
from sample_sites import SAMPLE_LANGUAGES, SITES, make_sample

from privcv_compliance.cli import notice
from privcv_compliance.documents.pdf_pages import A4_INCHES
from privcv_compliance.errors import ComplianceError
from privcv_compliance.notice.details import Details, details_of
from privcv_compliance.notice.first_layer import first_layer, qr_content
from privcv_compliance.notice.sign import CODE_BOX, PICTOGRAM_BOX, lay_out
from privcv_compliance.site_file import SiteFile
from privcv_core.authorization.record import AuthorizationRecord, SignedRecord
from privcv_core.authorization.record_file import load_signed, save_signed, withdraw
from privcv_core.errors import PrivcvError
from privcv_core.protocol.person_keys import load_key


def test_the_sign_carries_the_record_and_a_code_that_reads(site: SiteFile, tmp_path: Path) -> None:
    """The code is read back by OpenCV, which did not write it."""
    import cv2

    sign = tmp_path / "sign.png"
    run(notice.command, "--site", str(answer(site).path), "-o", str(sign))
    content, _, _ = cv2.QRCodeDetector().detectAndDecode(cv2.imread(str(sign)))
    assert content == "mailto:privacy@example.org"


def test_no_sign_for_a_record_that_is_not_in_force(site: SiteFile, tmp_path: Path) -> None:
    file = site.cameras["lobby"].authorization.file  # type: ignore[union-attr]
    withdraw(file, "officer", "objection", NOW)  # type: ignore[arg-type]
    with pytest.raises(PrivcvError, match="not in force"):
        run(notice.command, "--site", str(answer(site).path), "-o", str(tmp_path / "sign.png"))


def details(site: SiteFile, **changes: object) -> Details:
    """The camera of ``site``, its record changed and signed anew."""
    file = site.cameras["lobby"].authorization.file  # type: ignore[union-attr]
    record = load_signed(file).record  # type: ignore[arg-type]
    changed = AuthorizationRecord.model_validate({**record.model_dump(), **changes})
    key = load_key(site.path.with_name("officer.pem"))
    save_signed(SignedRecord.sign(changed, key), file)  # type: ignore[arg-type]
    return details_of(site, site.cameras["lobby"])


WIDE, LONG = "W" * 200, "counting people to plan the opening of tills " * 11
HOURS = [{"days": [day], "start": "08:00", "end": "18:30"} for day in ("mon", "wed", "fri", "sun")]
Box = tuple[float, float, float, float]


def drawn(page: Details, language: str = "en", *, advance: bool = False) -> list[Box]:
    """Left, bottom, right, top of each text as matplotlib draws it; it knows no layout."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=A4_INCHES)
    renderer = FigureCanvasAgg(figure).get_renderer()
    boxes = []
    for line in lay_out(page, language, advance=advance):
        text = figure.text(
            line.x, line.y, line.text, fontsize=line.size, va="top", parse_math=False,
            weight="bold" if line.bold else "normal",
        )  # fmt: skip
        if line.text:
            box = text.get_window_extent(renderer).transformed(figure.transFigure.inverted())
            boxes.append((box.x0, box.y0, box.x1, box.y1))
    return boxes


def overlap(one: Box, other: Box) -> bool:
    """Whether two boxes share a point."""
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def assert_all_apart(boxes: list[Box]) -> None:
    """No text lies over another, over code or pictogram, or off the page."""
    for number, box in enumerate(boxes):
        assert 0.02 < box[0] < box[2] < 0.98
        assert 0.005 < box[1] < box[3] < 1
        assert not any(overlap(box, other) for other in boxes[:number])
        assert not overlap(box, CODE_BOX)
        assert not overlap(box, PICTOGRAM_BOX)


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
    site: SiteFile, changes: dict[str, object]
) -> None:
    assert_all_apart(drawn(details(answer(site), **changes)))


@pytest.mark.parametrize("language", SAMPLE_LANGUAGES)
@pytest.mark.parametrize("name", SITES)
def test_the_signs_of_the_samples_have_room(name: str, language: str, tmp_path: Path) -> None:
    site = make_sample(name, language, tmp_path)
    for camera in site.cameras.values():
        for advance in (False, True):
            assert_all_apart(drawn(details_of(site, camera), language, advance=advance))


def test_what_does_not_fit_is_refused_by_name(site: SiteFile) -> None:
    page = details(answer(site), area=WIDE, purpose="W" * 500, controller=WIDE, contact=WIDE)
    with pytest.raises(ComplianceError, match="'What for' \\(500 characters\\)"):
        lay_out(page)


def test_no_name_of_an_employee_is_on_the_sign(site: SiteFile) -> None:
    page = details(answer(site), authorized_by="B. Example, head of the house")
    assert not any("Example, head" in line.text for line in lay_out(page))


@pytest.mark.parametrize("contact", ["   ", " @ ", "..."])
def test_no_code_leads_to_an_empty_address(site: SiteFile, contact: str) -> None:
    page = details(answer(site), contact=contact)
    assert not qr_content(page.record).startswith("mailto:")
    with pytest.raises(ComplianceError, match="reaches nobody"):
        lay_out(page)


@pytest.mark.parametrize(
    ("section", "key", "unanswered", "changes"),
    [
        ("controller", "supervisory_authority", "", {}),
        ("dpo", "appointed", None, {}),
        ("dpo", "contact", "", {}),
        ("recipients", "retention_days", None, {}),
        ("recipients", "transfers", None, {}),
        ("purpose", "interest", "", {"lawful_basis": "legitimate_interests"}),
        ("rights", "uncounted", "", {"use": "operational"}),
    ],
)
def test_what_the_law_wants_and_nobody_answered_is_named(
    site: SiteFile, section: str, key: str, unanswered: object, changes: dict[str, object]
) -> None:
    answer(site, **{section: {**ANSWERS[section], key: unanswered}})
    with pytest.raises(ComplianceError, match=rf"{section}\.{key}: the sign has to say it"):
        lay_out(details(site, **changes))


def test_a_basis_to_object_to_needs_a_way_not_to_be_counted(site: SiteFile) -> None:
    answer(site, rights={"uncounted": "", "desk": ""})
    lay_out(details(site, lawful_basis="contract"))  # GDPR Art. 21(1) names (e) and (f) only
    with pytest.raises(ComplianceError, match=r"rights\.uncounted, or rights\.desk"):
        lay_out(details(site, lawful_basis="public_task"))


def test_the_sign_says_each_thing_that_the_guidelines_name(site: SiteFile) -> None:
    """The list is that of EDPB Guidelines 3/2019, paragraphs 114 and 115, and Art. 21(4)."""
    answer(site, purpose={"interest": "fewer empty hours"}, recipients={"transfers": ["to Japan"]})
    page = details(site, lawful_basis="legitimate_interests", notice_url="https://n.example")
    said = " ".join(line.text for line in lay_out(page))
    for named in (
        "how full the reading room is",  # purposes
        "City of Example",  # the controller
        "have it corrected, erased or restricted",  # the rights
        "fewer empty hours",  # the interest
        "dpo@example.org",  # the officer
        "No image is stored",  # what matters most, and the storage
        "for 730 days",
        "to Japan",  # transfers
        "https://n.example",  # where the second layer is
        "Commissioner of Example",
    ):
        assert named in said, named
    objection = [fact for fact in first_layer(page) if fact.stands_out]
    assert [fact.label for fact in objection] == ["Objection", "Without a count", "Pause"]


def test_a_sign_in_advance_names_the_day_and_is_not_made_once_it_has_come(
    site: SiteFile, tmp_path: Path
) -> None:
    where = ("--site", str(answer(site).path), "-o", str(tmp_path / "sign.pdf"), "--advance")
    with pytest.raises(ComplianceError, match="make the sign without --advance"):
        run(notice.command, *where)
    begins = datetime.now(UTC) + timedelta(days=30)
    page = details(site, issued=begins)
    run(notice.command, *where)
    head = " ".join(line.text for line in lay_out(page, advance=True) if line.size > 14)
    month = f"{begins:%B}"
    assert head == (f"People will be counted here from {begins.day} {month} {begins.year} on")
