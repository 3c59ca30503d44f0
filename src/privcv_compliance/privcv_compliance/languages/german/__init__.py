# SPDX-License-Identifier: Apache-2.0
"""German: one file per kind of sentence."""

from privcv_compliance.languages.german.assessment import ASSESSMENT
from privcv_compliance.languages.german.breaches import BREACHES
from privcv_compliance.languages.german.evidence import EVIDENCE
from privcv_compliance.languages.german.exports import EXPORTS
from privcv_compliance.languages.german.frame import FRAME
from privcv_compliance.languages.german.letter import LETTER
from privcv_compliance.languages.german.lint import LINT
from privcv_compliance.languages.german.notice import NOTICE, SIGN, STAFF
from privcv_compliance.languages.german.privacy import PRIVACY
from privcv_compliance.languages.german.questions import QUESTIONS
from privcv_compliance.languages.german.retention import RETENTION
from privcv_compliance.languages.german.scan import SCAN

_PARTS = (
    FRAME, QUESTIONS, ASSESSMENT, PRIVACY, RETENTION, EVIDENCE, SCAN, SIGN, NOTICE, STAFF, LETTER,
    LINT, EXPORTS, BREACHES,
)  # fmt: skip

GERMAN: dict[str, str] = {english: german for part in _PARTS for english, german in part.items()}
"""English sentence -> German sentence."""
