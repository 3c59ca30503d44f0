# SPDX-License-Identifier: Apache-2.0
"""The sign for the door, on one page: what ``first_layer`` says, a pictogram, a code.

Everything on it is measured before anything is drawn: what does not fit at a size that can be
read at a door is refused, never printed over something else or off the page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from privcv_compliance.documents.fonts import families
from privcv_compliance.documents.pdf_pages import A4_INCHES
from privcv_compliance.documents.shown_text import check_shown
from privcv_compliance.documents.text_width import wrapped
from privcv_compliance.errors import ComplianceError
from privcv_compliance.languages.phrase import in_language, say
from privcv_compliance.notice.details import Details, require_first_layer
from privcv_compliance.notice.first_layer import Fact, first_layer, promise, qr_content, title
from privcv_compliance.notice.pictogram import COLOUR, draw_camera
from privcv_core.files.atomic_file import replacing

CODE_BOX = (0.08, 0.045, 0.30, 0.045 + 0.22 * A4_INCHES[0] / A4_INCHES[1])
"""Where the QR code is: left, bottom, right, top, shares of the page."""

PICTOGRAM_BOX = (0.08, 0.865, 0.22, 0.965)
"""Where the camera is drawn."""

_HEAD_LEFT, _LABEL, _LEFT, _RIGHT = 0.25, 0.08, 0.30, 0.95
_TOP, _BOTTOM = 0.84, 0.215
_HEAD_TOP, _TITLE_SIZES, _PROMISE_SIZE = 0.967, (28, 24, 20, 17), 14
_SIZES = (13, 12, 11, 10, 9)  # points; below 9 nobody reads it at a door
_ASCENT = 0.93 / 72 / A4_INCHES[1]  # of the font, for each point of its size
_CODE_LEFT, _CODE_TOP, _CODE_SIZE, _FOOTER_SIZE = 0.33, 0.185, 9, 7


@dataclass(frozen=True)
class Line:
    """A line of text where it stands; ``x`` and ``y`` (its top) are shares of the page."""

    text: str
    x: float
    y: float
    size: int  # points
    bold: bool = False
    colour: str = "black"


def lay_out(details: Details, language: str = "en", *, advance: bool = False) -> list[Line]:
    """Every line of the sign where it stands, as large as fits.

    Raises ``ComplianceError`` that names what is too long or missing.
    """
    record = details.record
    if sum(letter.isalnum() for letter in record.contact) < 3:
        raise ComplianceError(f"the record's contact, '{record.contact}', reaches nobody")
    require_first_layer(details)
    head = in_language(title(details, advance=advance).text, language)
    first = in_language(promise().text, language)
    facts = first_layer(details)
    said = [fact.said(language) for fact in facts]
    more = in_language(say("The whole notice, and how to reach us:"), language)
    name = in_language(
        say("Camera {camera}, {site}. Record {id}", camera=record.camera, site=record.site,
            id=record.id),
        language,
    )  # fmt: skip
    check_shown(
        (head, first, more, name, qr_content(record), *(text for pair in said for text in pair)),
        "write it in letters of the Latin, Greek or Cyrillic script, or set the sign by hand from "
        "what 'privcv authorize show' prints",
    )
    return [*_heading(head, first), *_facts(facts, said), *_foot(more, qr_content(record), name)]


def render_sign(
    details: Details, path: Path, language: str = "en", *, advance: bool = False
) -> None:
    """Write the sign to ``path`` (.pdf or .png, A4). Raises ``ComplianceError``."""
    if path.suffix not in (".pdf", ".png"):
        raise ComplianceError(f"{path}: must end in .pdf or .png")
    import matplotlib as mpl
    import segno
    from matplotlib.figure import Figure

    mpl.rcParams["pdf.fonttype"] = 42
    figure = Figure(figsize=A4_INCHES)
    lines = lay_out(details, language, advance=advance)
    for line in lines:
        weight = "bold" if line.bold else "normal"
        figure.text(
            line.x, line.y - _ASCENT * line.size, line.text, fontsize=line.size, weight=weight,
            va="baseline", parse_math=False, family=families(), color=line.colour,
        )  # fmt: skip
    draw_camera(_axes(figure, PICTOGRAM_BOX))
    symbol = segno.make(qr_content(details.record), error="m", micro=False)
    _axes(figure, CODE_BOX).imshow(
        [[1 - module for module in row] for row in symbol.matrix],
        cmap="gray", interpolation="nearest", vmin=0, vmax=1,
    )  # fmt: skip
    with replacing(path) as file:
        figure.savefig(file, format=path.suffix[1:], dpi=150, metadata={"Title": lines[0].text})


def _axes(figure: Any, box: Sequence[float]) -> Any:
    left, bottom, right, top = box
    axes = figure.add_axes((left, bottom, right - left, top - bottom))
    axes.set_axis_off()
    return axes


def _heading(head: str, first: str) -> list[Line]:
    width = _points(_RIGHT - _HEAD_LEFT)
    for size in _TITLE_SIZES:
        y, placed = _HEAD_TOP, []
        for text, points, weight in ((head, size, "bold"), (first, _PROMISE_SIZE, "normal")):
            for line in wrapped(text, points, width, weight):
                placed.append(Line(line, _HEAD_LEFT, y, points, bold=weight == "bold"))
                y -= _step(points) * 0.9
            y -= 0.006
        if y >= _TOP:
            return placed
    raise ComplianceError(f"the sign has no room for its heading ({len(head)} characters)")


def _facts(facts: Sequence[Fact], said: Sequence[tuple[str, str]]) -> list[Line]:
    for size in _SIZES:
        y, lines = _TOP, []
        for fact, (label, text) in zip(facts, said, strict=True):
            weight = "bold" if fact.stands_out else "normal"
            colour = COLOUR if fact.stands_out else "black"  # not every font has a bold
            # A stop that must not begin a line may stand over its end, by its size.
            labels = wrapped(label, size, _points(_LEFT - _LABEL - 0.012) - size / 2, "bold")
            texts = wrapped(text, size, _points(_RIGHT - _LEFT), weight)
            for number in range(max(len(labels), len(texts))):
                if number < len(labels):
                    lines.append(Line(labels[number], _LABEL, y, size, True, colour))
                if number < len(texts):
                    lines.append(Line(texts[number], _LEFT, y, size, fact.stands_out, colour))
                y -= _step(size)
            y -= _step(size) / 2
        if y >= _BOTTOM:
            return lines
    label, text = max(said, key=lambda fact: len(fact[1]))
    raise ComplianceError(
        f"the sign has no room for all that it has to say: shorten it in the record or in "
        f"dpia.yaml, above all '{label}' ({len(text)} characters)"
    )


def _foot(more: str, code: str, name: str) -> list[Line]:
    width = _points(_RIGHT - _CODE_LEFT)
    y, placed = _CODE_TOP, []
    for text, size, bold in ((more, 11, True), (code, _CODE_SIZE, False)):
        for line in wrapped(text, size, width, "bold" if bold else "normal"):
            placed.append(Line(line, _CODE_LEFT, y, size, bold))
            y -= _step(size)
    names = wrapped(name, _FOOTER_SIZE, width)
    if y - len(names) * _step(_FOOTER_SIZE) < CODE_BOX[1] - 0.03:
        raise ComplianceError(
            f"the sign has no room for the notice or contact ({len(code)} characters), or for the "
            "name of camera or site"
        )
    for line in names:
        placed.append(Line(line, _CODE_LEFT, y, _FOOTER_SIZE))
        y -= _step(_FOOTER_SIZE)
    return placed


def _step(size: int) -> float:
    return size * 1.45 / 72 / A4_INCHES[1]


def _points(width: float) -> float:
    """A share of the page's width in points."""
    return width * A4_INCHES[0] * 72
