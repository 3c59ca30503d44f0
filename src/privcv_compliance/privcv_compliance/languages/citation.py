# SPDX-License-Identifier: Apache-2.0
"""What a document rests on, in its language: the kind of evidence, and how a law is cited.

Paths, keys and commands stay as they are: they are to be looked up or run.
"""

import re
from collections.abc import Mapping, Sequence

from privcv_compliance.languages.phrase import in_language, say

KINDS = ("file", "setting", "entry", "query", "command", "law", "scan", "answer", "maker")
"""Kinds of evidence, each a phrase of every catalogue."""

_IN_WORDS = ("law", "maker", "scan", "query")
_WORDS: Mapping[str, Sequence[tuple[str, str]]] = {
    "de": (
        (r"national law: ask counsel", "nationales Recht: anwaltlich prüfen lassen"),
        (r"; measured again by: ", "; neu gemessen mit: "),
        (r"every file under (.+) at ", r"jede Datei unter \1 um "),
        (r"processes of this machine at ", "Prozesse dieses Rechners um "),
        (r"the running graph at ", "das laufende System um "),
        (r"mean of '", "Mittel von '"),
        (r"EDPB Guidelines", "EDSA-Leitlinien"),
        (r"Opinion 05/2014", "Stellungnahme 5/2014"),
        (r"the differential privacy pyramid", "Pyramide der Differential Privacy"),
        (r", with Regulation ", ", mit Verordnung "),
        (r"\bGDPR\b", "DSGVO"),
        (r"\bAI Act\b", "KI-Verordnung"),
        (r"\bRecital\b", "Erwägungsgrund"),
        (r"\bAnnex\b", "Anhang"),
        (r"\bannex\b", "Anhang"),
        (r"\bpoint\b", "Nummer"),
        (r"\bsection\b", "Abschnitt"),
        (r"(?<=[\d)]) and (?=[(\d])", " und "),
        (r"(?<=[\d)]) to (?=[(\d])", " bis "),
    ),
    "fr": (
        (r"national law: ask counsel", "droit national : consultez un avocat"),
        (r"\bGDPR\b", "RGPD"),
    ),
    "es": (
        (r"national law: ask counsel", "derecho nacional: consulte a un abogado"),
        (r"\bGDPR\b", "RGPD"),
    ),
    "ja": ((r"national law: ask counsel", "国内法:弁護士に相談"),),
}


def cited(kind: str, reference: str, language: str) -> tuple[str, str]:
    """``kind`` and ``reference`` of evidence as a document in ``language`` cites them."""
    if kind in _IN_WORDS:
        for pattern, words in _WORDS.get(language, ()):
            reference = re.sub(pattern, words, reference)
    return in_language(say(kind), language) if kind in KINDS else kind, reference
