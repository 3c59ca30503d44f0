# SPDX-License-Identifier: Apache-2.0
"""One page that says where each point of a standard is answered. It claims no conformity."""

from privcv_compliance.documents.document import Evidence, Row, Section, Table, row, state
from privcv_compliance.exports.made_from import MadeFrom
from privcv_compliance.languages.phrase import say

_DPIA = "privcv dpia"
POINTS: tuple[tuple[str, str, str, str], ...] = (
    ("ISO/IEC 27701:2019", "7.2.1, 7.2.2", "purpose and lawful basis", "privcv authorize"),
    ("ISO/IEC 27701:2019", "7.2.5", "privacy impact assessment", _DPIA),
    ("ISO/IEC 27701:2019", "7.2.6, 7.2.7", "processors and joint controllers", _DPIA),
    ("ISO/IEC 27701:2019", "7.2.8", "records of processing", "privcv export art30"),
    ("ISO/IEC 27701:2019", "7.3.2, 7.3.3", "what people are told", "privcv notice"),
    ("ISO/IEC 27701:2019", "7.3.5", "objection", "privcv pause"),
    ("ISO/IEC 27701:2019", "7.3.6, 7.3.9", "access, erasure, requests", "privcv dsr"),
    ("ISO/IEC 27701:2019", "7.4.1, 7.4.4", "minimization", "privcv audit schema"),
    ("ISO/IEC 27701:2019", "7.4.5, 7.4.7", "deidentification and retention", "privcv export art32"),
    ("ISO/IEC 27701:2019", "7.5", "transfers", _DPIA),
    ("ISO 31700-1:2023", "4.2", "people can enforce their rights", "privcv dsr"),
    ("ISO 31700-1:2023", "4.5", "roles and authorities", "privcv authorize"),
    ("ISO 31700-1:2023", "5", "communication with consumers", "privcv notice"),
    ("ISO 31700-1:2023", "6", "risk management", _DPIA),
    ("ISO 31700-1:2023", "7", "designed privacy controls in operation", "privcv audit graph"),
    ("ISO 31700-1:2023", "8", "end of the lifecycle of personal data", "privcv export art32"),
    ("ISO/IEC 27559:2022", "6", "context assessment", _DPIA),
    ("ISO/IEC 27559:2022", "7", "data assessment", "privcv audit schema"),
    ("ISO/IEC 27559:2022", "8", "identifiability, adversarial testing", "privcv redteam link"),
    ("ISO/IEC 27559:2022", "9", "governance of deidentified data", "privcv export ccpa"),
    ("WP216", "2.2.2", "singling out, linkability, inference", _DPIA),
    ("NIST SP 800-226 (2025)", "pyramid", "epsilon, unit, what could undermine them", _DPIA),
)
"""Standard, point of it, what it asks, and the command that answers."""


_IN_WORDS = {"pyramid": say("pyramid")}


def sections(made: MadeFrom) -> tuple[Section, ...]:
    """The table, and what it is not."""
    heads = ("Standard", "Point", "What it asks", "Answered by")
    return (
        Section(
            say("Mapping"),
            (
                state(
                    "This says where to look. It is no statement of conformity, and nobody has "
                    "certified anything.",
                    made.set_at("site"),
                ),
                state(
                    "The numbers of clauses of ISO were compared with published tables of contents "
                    "and guides, not with the texts, which are sold. ISO/IEC 27701 has an edition "
                    "of 2025, whose numbers are others.",
                    Evidence("maker", "docs/accountability.md#sources-of-law"),
                ),
            ),
            Table(tuple(say(head) for head in heads), tuple(_row(*point) for point in POINTS)),
        ),
    )


def _row(standard: str, point: str, asks: str, command: str) -> Row:
    evidence = (Evidence("law", standard), Evidence("command", command))
    return row(standard, _IN_WORDS.get(point, point), say(asks), command, on=evidence)
