# SPDX-License-Identifier: Apache-2.0
"""The sign for the door: from the signed record, so that it says what the gate enforces.

Everything on it is measured before anything is drawn: what does not fit at a size that can be
read at a door is refused, never printed over something else or off the page.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from privcv_compliance.documents.shown_text import check_shown
from privcv_compliance.documents.text_width import wrapped
from privcv_compliance.errors import ComplianceError
from privcv_compliance.evidence.authorizations import LAWFUL_BASES, describe_hours
from privcv_core.authorization.record import AuthorizationRecord
from privcv_core.files.atomic_file import replacing
from privcv_core.settings.time_zone import day_in

A4_INCHES = (8.27, 11.69)
TITLE = "People are counted here"
_TOP, _BOTTOM = 0.82, 0.37  # of the part of the page between the heading and the code
_LABEL, _LEFT, _RIGHT = 0.09, 0.30, 0.95
_SIZES = (12, 11, 10, 9)  # points; below 9 nobody reads it at a door
_CODE_SIZE, _CODE_LINES = 9, 4
_FOOTER_SIZE, _FOOTER_LINES = 7, 2
_E_MAIL = re.compile(r"[^@\s:/?#]+@[^@\s:/?#]+\.[^@\s:/?#]+")


@dataclass(frozen=True)
class Line:
    """A line of text where it stands; ``x`` and ``y`` are shares of the page."""

    text: str
    x: float
    y: float
    size: int  # points
    bold: bool = False
    centred: bool = False


def qr_content(record: AuthorizationRecord) -> str:
    """What the code leads to: the full notice where there is one, else the contact."""
    if record.notice_url:
        return record.notice_url
    contact = record.contact.strip()
    return f"mailto:{contact}" if _E_MAIL.fullmatch(contact) else contact


def notice_lines(record: AuthorizationRecord) -> list[tuple[str, str]]:
    """``(label, text)`` of each line of the sign, in order (GDPR Art. 13(1) and (2)).

    Who signed is an employee's name: it stands in the record, not at the door.
    """
    return [
        ("Where", record.area),
        ("What for", record.purpose),
        ("Lawful basis", LAWFUL_BASES[record.lawful_basis]),
        ("When", f"{describe_hours(record.hours)} ({record.time_zone})"),
        ("Responsible", record.controller),
        ("Contact", record.contact),
        ("Authorized", f"until {day_in(record.expires, record.time_zone)}"),
    ]


def rights(record: AuthorizationRecord) -> str:
    """The rights that the sign names (GDPR Art. 13(2)): which depends on the lawful basis."""
    if record.lawful_basis in ("public_task", "legitimate_interests"):  # GDPR Art. 21(1)
        return "You may ask what is held of you, and object."
    if record.lawful_basis == "consent":  # GDPR Art. 7(3)
        return "You may ask what is held of you, and withdraw your consent."
    return "You may ask what is held of you."


def lay_out(record: AuthorizationRecord) -> list[Line]:
    """Every line of the sign where it stands, as large as fits.

    Raises ``ComplianceError`` that names what is too long or missing.
    """
    if sum(letter.isalnum() for letter in record.contact) < 3:
        raise ComplianceError(f"the record's contact, '{record.contact}', reaches nobody")
    check_shown(
        (*(text for _, text in notice_lines(record)), qr_content(record), record.site),
        "write it in letters of the Latin, Greek or Cyrillic script, or set the sign by hand from "
        "what 'privcv authorize show' prints",
    )
    return [
        Line(TITLE, 0.5, 0.96, 30, bold=True, centred=True),
        Line(f"by a camera. {rights(record)}", 0.5, 0.905, 14, centred=True),
        *_facts(record),
        *_block("the notice or contact", qr_content(record), 0.095, _CODE_SIZE, _CODE_LINES),
        *_block(
            "the name of camera or site",
            f"Camera {record.camera}, {record.site}. Record {record.id}",
            0.03,
            _FOOTER_SIZE,
            _FOOTER_LINES,
        ),
    ]


def render_notice(record: AuthorizationRecord, path: Path) -> None:
    """Write the sign to ``path`` (.pdf or .png, A4). Raises ``ComplianceError``."""
    if path.suffix not in (".pdf", ".png"):
        raise ComplianceError(f"{path}: must end in .pdf or .png")
    import matplotlib as mpl
    import segno
    from matplotlib.figure import Figure

    mpl.rcParams["pdf.fonttype"] = 42
    figure = Figure(figsize=A4_INCHES)
    for line in lay_out(record):
        figure.text(
            line.x,
            line.y,
            line.text,
            fontsize=line.size,
            weight="bold" if line.bold else "normal",
            ha="center" if line.centred else "left",
            va="top",
            parse_math=False,
        )
    symbol = segno.make(qr_content(record), error="m", micro=False)
    axes = figure.add_axes((0.34, 0.115, 0.32, 0.32 * A4_INCHES[0] / A4_INCHES[1]))
    axes.imshow(
        [[1 - module for module in row] for row in symbol.matrix],
        cmap="gray", interpolation="nearest", vmin=0, vmax=1,
    )  # fmt: skip
    axes.set_axis_off()
    with replacing(path) as file:
        figure.savefig(file, format=path.suffix[1:], dpi=150, metadata={"Title": TITLE})


def _facts(record: AuthorizationRecord) -> list[Line]:
    for size in _SIZES:
        y, lines = _TOP, []
        for label, text in notice_lines(record):
            lines.append(Line(label, _LABEL, y, size, bold=True))
            for part in wrapped(text, size, _points(_RIGHT - _LEFT)):
                lines.append(Line(part, _LEFT, y, size))
                y -= _step(size)
            y -= _step(size) / 2
        if y >= _BOTTOM:
            return lines
    label, text = max(notice_lines(record), key=lambda fact: len(fact[1]))
    raise ComplianceError(
        f"the sign has no room for all that the record says: shorten it, above all '{label}' "
        f"({len(text)} characters)"
    )


def _block(what: str, text: str, y: float, size: int, most: int) -> list[Line]:
    lines = wrapped(text, size, _points(_RIGHT - _LABEL))
    if len(lines) > most:
        raise ComplianceError(f"the sign has no room for {what} ({len(text)} characters)")
    return [
        Line(line, 0.5, y - number * _step(size) * 0.8, size, centred=True)
        for number, line in enumerate(lines)
    ]


def _step(size: int) -> float:
    return size * 1.45 / 72 / A4_INCHES[1]


def _points(width: float) -> float:
    """A share of the page's width in points."""
    return width * A4_INCHES[0] * 72
