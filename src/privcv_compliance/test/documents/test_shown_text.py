# SPDX-License-Identifier: Apache-2.0
"""What no page can show is refused by name, with exit status 2; it never becomes a box."""

import unicodedata
import warnings
from pathlib import Path

import pytest
from click.testing import CliRunner
from compliance_site import answer, run

from privcv_compliance.cli import dpia, notice
from privcv_compliance.documents import fonts, shown_text
from privcv_compliance.documents.shown_text import check_shown, shown
from privcv_compliance.errors import ComplianceError
from privcv_compliance.site_file import SiteFile
from privcv_core.authorization.record import AuthorizationRecord, SignedRecord
from privcv_core.authorization.record_file import load_signed, save_signed
from privcv_core.errors import PrivcvError
from privcv_core.protocol.person_keys import load_key

REFUSED = [
    ("来館者の数", "U+6765 (cjk unified ideograph-6765) is not in the font"),
    ("आगंतुकों की संख्या", "U+0906 (devanagari letter aa) is not in the font"),
    ("counting \N{BUSTS IN SILHOUETTE}", "U+1F465 (busts in silhouette) is not in the font"),
    ("방문자", "is not in the font"),
    ("عدد الزوار", "U+0639 (arabic letter ain) is written from right to left"),
    ("מספר המבקרים", "U+05DE (hebrew letter mem) is written from right to left"),
    ("e\u20e3", "stands over or beside another letter"),
    ("safe\u202eelif", "U+202E (right-to-left override) is written from right to left"),
    ("a\u200db", "U+200D (zero width joiner) is not in the font"),
    ("bell\a", "U+0007"),
]
SHOWN = [
    "how full the reading room is: 20–30 %, “quiet”, 5 €",
    "Wie voll der Lesesaal ist, größer",
    "Số người trong phòng đọc",
    "Количество посетителей",
    "Πλήθος επισκεπτών",
    "Zu\u0308rich",  # a letter and its mark, which are one
]


@pytest.fixture(autouse=True)
def _no_second_font(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine may have a font for Japanese."""
    monkeypatch.setattr(fonts, "fallback", lambda: None)
    for cached in (fonts.fonts_of, shown_text._why_not):
        cached.cache_clear()


@pytest.mark.parametrize(("text", "words"), REFUSED)
def test_what_no_page_can_show_is_refused_by_name(text: str, words: str) -> None:
    with pytest.raises(ComplianceError) as refused:
        check_shown([text], "write .md")
    assert words in str(refused.value)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize("text", SHOWN)
def test_what_a_page_can_show_is_drawn_without_a_word(text: str) -> None:
    """matplotlib, which draws it, is the oracle: it warns of what its font lacks."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    check_shown([text], "write .md")
    figure = Figure()
    for weight in ("normal", "bold"):
        figure.text(0, 0, shown(text), weight=weight, parse_math=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        FigureCanvasAgg(figure).draw()


def test_no_letter_that_is_let_through_is_a_box() -> None:
    """Every character of the first plane: what the check lets through, the font has."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    fonts = [get_font(findfont(FontProperties(weight=weight))) for weight in ("normal", "bold")]
    for code in range(0x20, 0x10000):
        letter = chr(code)
        try:
            check_shown([letter], "")
        except ComplianceError:
            continue
        for drawn in unicodedata.normalize("NFC", letter):
            assert all(font.get_char_index(ord(drawn)) for font in fonts), f"U+{code:04X}"


@pytest.mark.parametrize("purpose", [text for text, _ in REFUSED[:6]])
def test_neither_sign_nor_assessment_shows_boxes(site: SiteFile, purpose: str) -> None:
    file = site.cameras["lobby"].authorization.file  # type: ignore[union-attr]
    record = load_signed(file).record  # type: ignore[arg-type]
    changed = AuthorizationRecord.model_validate({**record.model_dump(), "purpose": purpose})
    key = load_key(site.path.with_name("officer.pem"))
    save_signed(SignedRecord.sign(changed, key), file)  # type: ignore[arg-type]
    folder: Path = answer(site).path.parent
    for command, output in (
        (notice.command, "sign.pdf"),
        (notice.command, "sign.png"),
        (dpia.command, "dpia.pdf"),
    ):
        result = CliRunner().invoke(command, ["--site", str(site.path), "-o", str(folder / output)])
        assert isinstance(result.exception, PrivcvError), result.output  # exit status 2
        assert "U+" in str(result.exception)
        assert not (folder / output).exists()
    run(dpia.command, "--site", str(site.path), "-o", str(folder / "dpia.md"))
    assert purpose in (folder / "dpia.md").read_text()
