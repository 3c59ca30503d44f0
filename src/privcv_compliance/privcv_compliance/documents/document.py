# SPDX-License-Identifier: Apache-2.0
"""A document in which every sentence says what it rests on, as Markdown or JSON."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from privcv_compliance.documents.evidence_list import evidence_lines
from privcv_compliance.languages.citation import cited
from privcv_compliance.languages.phrase import Joined, in_language, say

NOT_MEASURED = ("not measured", "nicht gemessen")

AnyDocument = TypeVar("AnyDocument", bound="Document")


@dataclass(frozen=True)
class Evidence:
    """Where to look a statement up.

    ``kind``: ``file`` (path and SHA-256), ``setting`` (file, key and SHA-256), ``entry`` (of the
    audit log: ``chain#number@hash``), ``query`` (SQL on a file), ``command`` (to run again),
    ``law`` (an article), ``scan`` (of a folder, at a time), ``answer`` (of the controller: file,
    SHA-256 and key), ``maker`` (a figure that the maker measured: page of its documents).
    """

    kind: str
    reference: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.reference}"


@dataclass(frozen=True)
class Statement:
    """One sentence and what it rests on. A sentence without evidence cannot be made."""

    text: str
    evidence: tuple[Evidence, ...]
    is_warning: bool = False

    def __post_init__(self) -> None:
        if not self.evidence:
            raise ValueError(f"no evidence for: {self.text}")

    @property
    def is_measured(self) -> bool:
        """False where the sentence says that something was never measured."""
        return not any(words in self.text for words in NOT_MEASURED)


def state(text: str, *evidence: Evidence, warn: bool = False, **values: Any) -> Statement:
    """A statement: an English sentence, with ``values`` for its places in braces."""
    return Statement(say(text, **values), evidence, warn)


def counted(number: int, noun: str) -> str:
    """A number with its noun, in the plural where it is not one: ``1 file``, ``2 files``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


@dataclass(frozen=True)
class Table:
    """Rows under headings, each with its evidence. Every row has as many cells as ``heads``."""

    heads: tuple[str, ...]
    rows: tuple["Row", ...]


@dataclass(frozen=True)
class Row:
    """Cells of a table and what they rest on."""

    cells: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    is_warning: bool = False

    def statement(self) -> Statement:
        """The row as one sentence."""
        return Statement(Joined(self.cells, " | "), self.evidence, self.is_warning)


def row(*cells: str, on: tuple[Evidence, ...], warn: bool = False) -> Row:
    """A row of a table that rests on ``on``."""
    return Row(cells, on, warn)


@dataclass(frozen=True)
class Section:
    """Statements under a title, and a table below them."""

    title: str
    statements: tuple[Statement, ...]
    table: Table | None = None

    def all(self) -> Iterator[Statement]:
        """Its sentences and its rows."""
        yield from self.statements
        for line in self.table.rows if self.table else ():
            yield line.statement()


@dataclass(frozen=True)
class Document:
    """Sections under a title. ``about`` says what it is about and when it was made."""

    title: str
    about: Statement
    sections: tuple[Section, ...]
    facts: dict[str, Any] = field(default_factory=dict)
    language: str = "en"

    def translated(self: AnyDocument, language: str) -> AnyDocument:
        """The document in ``language``. Raises ``ComplianceError`` where a sentence is missing."""

        def said(statement: Statement) -> Statement:
            text = in_language(statement.text, language)
            return Statement(text, statement.evidence, statement.is_warning)

        def told(texts: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(in_language(text, language) for text in texts)

        sections = tuple(
            Section(
                in_language(section.title, language),
                tuple(said(statement) for statement in section.statements),
                section.table
                and Table(
                    told(section.table.heads),
                    tuple(
                        Row(told(line.cells), line.evidence, line.is_warning)
                        for line in section.table.rows
                    ),
                ),
            )
            for section in self.sections
        )
        title = in_language(self.title, language)
        return replace(
            self, title=title, about=said(self.about), sections=sections, language=language
        )

    def statements(self) -> Iterator[Statement]:
        """Every sentence of the document, and every row of its tables."""
        yield self.about
        for section in self.sections:
            yield from section.all()

    def evidence(self) -> list[Evidence]:
        """All evidence, each once, in the order in which it is first used."""
        return list(dict.fromkeys(item for s in self.statements() for item in s.evidence))

    def lines(self) -> Iterator[tuple[str, str]]:
        """``(style, text)`` of each line: title, heading, text, warning, head, row, evidence.

        The cells of ``head`` and ``row`` are parted by tabs.
        """
        numbers = {item: number for number, item in enumerate(self.evidence(), start=1)}

        def marks(evidence: tuple[Evidence, ...]) -> str:
            return "[" + ", ".join(f"E{numbers[item]}" for item in evidence) + "]"

        def marked(statement: Statement) -> tuple[str, str]:
            text = f"{statement.text} {marks(statement.evidence)}"
            if statement.is_warning:
                return "warning", self.frame("Attention: {text}", text=text)
            return "text", text

        yield "title", self.title
        yield marked(self.about)
        for section in self.sections:
            yield "heading", section.title
            for statement in section.statements:
                yield marked(statement)
            if section.table:
                yield "head", "\t".join((*section.table.heads, ""))
                for line in section.table.rows:
                    style = "warning row" if line.is_warning else "row"
                    yield style, "\t".join((*line.cells, marks(line.evidence)))
        yield "heading", self.frame("Evidence")
        items = (cited(item.kind, item.reference, self.language) for item in numbers)
        for line_of_evidence in evidence_lines(items):
            yield "evidence", line_of_evidence

    def frame(self, template: str, /, **values: Any) -> str:
        """Words that every document has, in its language."""
        return in_language(say(template, **values), self.language)

    def markdown(self) -> str:
        """The document as Markdown."""
        marks = {
            "title": "# {}\n",
            "heading": "\n## {}\n",
            "text": "- {}",
            "warning": "- **{}**",
            "evidence": "- {}",
        }
        return "\n".join(
            marks[style].format(text) if style in marks else _table_line(style, text)
            for style, text in self.lines()
        ) + ("\n")

    def to_json(self) -> str:
        """The document as JSON, each statement with its evidence in full."""
        content = {
            "title": self.title,
            "about": _plain(self.about),
            "sections": [
                {"title": s.title, "statements": [_plain(item) for item in s.all()]}
                for s in self.sections
            ],
            "facts": self.facts,
        }
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _table_line(style: str, text: str) -> str:
    cells = [cell.replace("|", "\\|").replace("\n", " ") for cell in text.split("\t")]
    if style == "warning row":
        cells[0] = f"**{cells[0]}**"
    line = f"| {' | '.join(cells)} |"
    if style == "head":
        return f"\n{line}\n|{' --- |' * len(cells)}"
    return line


def _plain(statement: Statement) -> dict[str, Any]:
    return {
        "text": statement.text,
        "warning": statement.is_warning,
        "measured": statement.is_measured,
        "evidence": [{"kind": e.kind, "reference": e.reference} for e in statement.evidence],
    }
