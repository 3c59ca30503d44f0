# SPDX-License-Identifier: Apache-2.0
"""Which sentences have an authority's own wording, and which are ours and were read by nobody else.

A sentence that is not named here is our translation. It says what the English one says, in words of
every day; a lawyer of the country has not read it.
"""

from collections.abc import Mapping

_COMPLAINT = (
    "You have the right to lodge a complaint with a supervisory authority. Ours is: {authority}."
)
_RIGHTS = "You may ask what is held of you, and have it corrected, erased or restricted."
_OBJECTION = "You may object at any time, on grounds of your own situation."

REVIEWED: Mapping[str, Mapping[str, str]] = {
    "de": {
        _COMPLAINT: "Recht auf Beschwerde bei einer Aufsichtsbehörde: DSGVO Art. 77 Abs. 1",
        _RIGHTS: "Auskunft, Berichtigung, Löschung, Einschränkung: DSGVO Art. 13 Abs. 2 Buchst. b",
        _OBJECTION: "aus Gründen ihrer besonderen Situation, jederzeit: DSGVO Art. 21 Abs. 1",
    },
    "fr": {
        _COMPLAINT: "introduire une réclamation auprès d’une autorité de contrôle: RGPD art. 77, 1",
        _RIGHTS: "accès, rectification, effacement, limitation du traitement: RGPD art. 13, 2, b)",
    },
    "es": {
        _COMPLAINT: "presentar una reclamación ante una autoridad de control: RGPD art. 77.1, 15.1",
        _RIGHTS: "rectificación, supresión, limitación del tratamiento: RGPD art. 15.1.e",
    },
    "ja": {},
}
"""Language -> English sentence -> the words it shares with the Regulation in that language."""


def review_note(language: str) -> str:
    """What whoever hangs up a sign has to know of its texts; empty for English."""
    if language not in REVIEWED:
        return ""
    return (
        f"{language}: {len(REVIEWED[language])} sentences have the wording of the Regulation; the "
        "others are our translation, which no authority and no counsel has read: have it read"
    )
