# SPDX-License-Identifier: Apache-2.0
"""A document in which every sentence says what it rests on, as Markdown or JSON."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Evidence:
    """Where to look a statement up.

    ``kind``: ``file`` (path and SHA-256), ``setting`` (file, key and SHA-256), ``entry`` (of the
    audit log: ``chain#number@hash``), ``query`` (SQL on a file), ``command`` (to run again),
    ``law`` (an article), ``scan`` (of a folder, at a time).
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
        return NOT_MEASURED not in self.text


def state(text: str, *evidence: Evidence, warn: bool = False) -> Statement:
    """A statement."""
    return Statement(text, evidence, warn)


def counted(number: int, noun: str) -> str:
    """A number with its noun, in the plural where it is not one: ``1 file``, ``2 files``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


@dataclass(frozen=True)
class Section:
    """Statements under a title."""

    title: str
    statements: tuple[Statement, ...]


@dataclass(frozen=True)
class Document:
    """Sections under a title. ``about`` says what it is about and when it was made."""

    title: str
    about: Statement
    sections: tuple[Section, ...]
    facts: dict[str, Any] = field(default_factory=dict)

    def statements(self) -> Iterator[Statement]:
        """Every sentence of the document."""
        yield self.about
        for section in self.sections:
            yield from section.statements

    def evidence(self) -> list[Evidence]:
        """All evidence, each once, in the order in which it is first used."""
        return list(dict.fromkeys(item for s in self.statements() for item in s.evidence))

    def lines(self) -> Iterator[tuple[str, str]]:
        """``(style, text)`` of each line: title, heading, text, warning, evidence."""
        numbers = {item: number for number, item in enumerate(self.evidence(), start=1)}

        def marked(statement: Statement) -> tuple[str, str]:
            marks = ", ".join(f"E{numbers[item]}" for item in statement.evidence)
            if statement.is_warning:
                return "warning", f"Attention: {statement.text} [{marks}]"
            return "text", f"{statement.text} [{marks}]"

        yield "title", self.title
        yield marked(self.about)
        for section in self.sections:
            yield "heading", section.title
            for statement in section.statements:
                yield marked(statement)
        yield "heading", "Evidence"
        for item, number in numbers.items():
            yield "evidence", f"E{number}  {item}"

    def markdown(self) -> str:
        """The document as Markdown."""
        marks = {
            "title": "# {}\n",
            "heading": "\n## {}\n",
            "text": "- {}",
            "warning": "- **{}**",
            "evidence": "- {}",
        }
        return "\n".join(marks[style].format(text) for style, text in self.lines()) + "\n"

    def to_json(self) -> str:
        """The document as JSON, each statement with its evidence in full."""
        content = {
            "title": self.title,
            "about": _plain(self.about),
            "sections": [
                {"title": s.title, "statements": [_plain(item) for item in s.statements]}
                for s in self.sections
            ],
            "facts": self.facts,
        }
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _plain(statement: Statement) -> dict[str, Any]:
    return {
        "text": statement.text,
        "warning": statement.is_warning,
        "measured": statement.is_measured,
        "evidence": [{"kind": e.kind, "reference": e.reference} for e in statement.evidence],
    }
