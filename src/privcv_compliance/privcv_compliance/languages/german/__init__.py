# SPDX-License-Identifier: Apache-2.0
"""German: one file per kind of sentence."""

from privcv_compliance.languages.german.assessment import ASSESSMENT
from privcv_compliance.languages.german.evidence import EVIDENCE
from privcv_compliance.languages.german.frame import FRAME
from privcv_compliance.languages.german.privacy import PRIVACY
from privcv_compliance.languages.german.questions import QUESTIONS
from privcv_compliance.languages.german.retention import RETENTION

GERMAN: dict[str, str] = {
    **FRAME, **QUESTIONS, **ASSESSMENT, **PRIVACY, **RETENTION, **EVIDENCE
}  # fmt: skip
"""English sentence -> German sentence."""
