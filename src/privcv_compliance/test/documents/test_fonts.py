# SPDX-License-Identifier: Apache-2.0
"""What the first font lacks is shown where a second one has it, and refused by name where none is.

Another font that matplotlib brings stands in for one with the letters of Japanese.
"""

import warnings
from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
import pytest

from privcv_compliance.documents import fonts, shown_text, text_width
from privcv_compliance.documents.document import Evidence, Section, state
from privcv_compliance.documents.public_document import PublicDocument, write_public
from privcv_compliance.documents.shown_text import check_shown
from privcv_compliance.documents.text_width import points, wrapped
from privcv_compliance.errors import ComplianceError

SCRIPT_G = "\N{SCRIPT SMALL G}"  # of STIX, and not of DejaVu Sans
KANA = "\N{HIRAGANA LETTER A}"  # of neither


def _forget() -> None:
    for cached in (fonts.fonts_of, shown_text._why_not, text_width._advance):
        cached.cache_clear()


@pytest.fixture
def second_font(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    path = Path(mpl.get_data_path()) / "fonts" / "ttf" / "STIXGeneral.ttf"
    monkeypatch.setattr(fonts, "fallback", lambda: path)
    _forget()
    yield path
    _forget()


@pytest.fixture
def no_second_font(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(fonts, "fallback", lambda: None)
    _forget()
    yield
    _forget()


def document(text: str) -> PublicDocument:
    said = state(text, Evidence("law", "none"))
    return PublicDocument("T", said, (Section("S", (said,)),))


@pytest.mark.usefixtures("no_second_font")
@pytest.mark.parametrize("letter", [SCRIPT_G, KANA])
def test_without_a_font_it_is_refused_by_name(tmp_path: Path, letter: str) -> None:
    with pytest.raises(ComplianceError, match=rf"U\+{ord(letter):04X} \(\w+ "):
        write_public(document(letter), tmp_path / "page.pdf")
    write_public(document(letter), tmp_path / "page.html")
    assert letter in (tmp_path / "page.html").read_text()


@pytest.mark.usefixtures("second_font")
def test_with_a_font_it_is_drawn_and_nothing_that_it_lacks(tmp_path: Path) -> None:
    """matplotlib, which draws, warns of every letter that no font has."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write_public(document(f"a {SCRIPT_G}"), tmp_path / "page.pdf")
    with pytest.raises(ComplianceError, match=r"U\+3042"):
        check_shown([KANA], "")


def test_a_letter_is_as_wide_as_the_font_says_that_draws_it(second_font: Path) -> None:
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    font = FontProperties(fname=str(second_font))
    drawn = TextPath((0, 0), SCRIPT_G * 20, size=10, prop=font).get_extents().width
    assert points(SCRIPT_G * 20, 10) == pytest.approx(drawn, rel=0.05)


def test_no_line_begins_with_what_ends_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_width, "_advance", lambda letter, weight: 1.0)
    stop = "\N{IDEOGRAPHIC FULL STOP}"
    assert wrapped(KANA * 4 + stop + KANA * 2, 10, 40) == [KANA * 4 + stop, KANA * 2]
    assert wrapped(KANA * 5 + stop, 10, 40) == [KANA * 4, KANA + stop]


def test_the_font_of_the_package_is_looked_for_before_those_of_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "matplotlib_fontja"
    (package / "fonts").mkdir(parents=True)
    (package / "__init__.py").write_text("raise AssertionError('is not to be run')\n")
    (package / "fonts" / "ipaexg.ttf").write_bytes(b"a font")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert fonts.fallback.__wrapped__() == package / "fonts" / "ipaexg.ttf"
