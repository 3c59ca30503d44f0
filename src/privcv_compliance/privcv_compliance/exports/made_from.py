# SPDX-License-Identifier: Apache-2.0
"""What an export is made from, and how it quotes the controller."""

from dataclasses import dataclass

from privcv_compliance.assessment.answered import in_words
from privcv_compliance.assessment.unanswered import questions
from privcv_compliance.controller.answers_file import AnswersFile
from privcv_compliance.documents.document import Evidence, Statement, state
from privcv_compliance.evidence.audit_facts import AuditFacts
from privcv_compliance.evidence.references import setting
from privcv_compliance.languages.phrase import say
from privcv_compliance.site_file import SiteFile


@dataclass(frozen=True)
class MadeFrom:
    """A site, the controller's answers, the audit log."""

    site: SiteFile
    file: AnswersFile
    facts: AuditFacts

    def quoted(self, *keys: str) -> tuple[Statement, ...]:
        """A sentence for each of ``keys`` of ``dpia.yaml``: question and answer, or that none is.

        What does not apply here is left out.
        """
        said = []
        for question in questions(self.file.answers, self.site):
            if question.key not in keys:
                continue
            said.append(
                state(
                    "{question} {answer}",
                    self.file.said(question.key),
                    warn=question.is_open,
                    question=say(question.asked),
                    answer=say("not answered") if question.is_open else in_words(question),
                )
            )
        return tuple(said)

    def set_at(self, key: str) -> Evidence:
        """A key of the site file as evidence."""
        return setting(self.site, key)
