# SPDX-License-Identifier: Apache-2.0
"""The file ``dpia.yaml``: the controller's answers, as documents cite them."""

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import rfc8785
import yaml

from privcv_compliance.controller.controller_answers import ControllerAnswers, SignOff
from privcv_compliance.documents.document import Evidence
from privcv_compliance.site_file import SiteFile
from privcv_core.files.atomic_file import write_atomically
from privcv_core.files.regular_file import read_regular
from privcv_core.settings.model import load_settings

NAME = "dpia.yaml"


@dataclass(frozen=True)
class AnswersFile:
    """The answers and where they stand. ``digest``: SHA-256 of the file's bytes, "" if none is."""

    path: Path
    digest: str
    answers: ControllerAnswers

    @classmethod
    def read(cls, path: Path) -> "AnswersFile":
        """Read ``path``; where there is no such file nothing is answered. ``SettingsError``."""
        if not path.exists():
            return cls(path, "", ControllerAnswers())
        answers = load_settings(ControllerAnswers, path)
        return cls(path, hashlib.sha256(read_regular(path)).hexdigest(), answers)

    @classmethod
    def beside(cls, site: SiteFile) -> "AnswersFile":
        """The answers of a site: ``dpia.yaml`` beside its file."""
        return cls.read(site.path.with_name(NAME))

    def said(self, key: str) -> Evidence:
        """The answer at ``key`` (dotted) as evidence."""
        return Evidence("answer", f"{self.path} (sha256 {self.digest or 'no file'}): {key}")

    @property
    def is_signed_as_it_is(self) -> bool:
        """Whether the sign-off is of these very answers."""
        return self.answers.sign_off.answers_sha256 == digest_of(self.answers)


def digest_of(answers: ControllerAnswers) -> str:
    """SHA-256 of all answers but the sign-off, canonical JSON (RFC 8785), hex digits."""
    content = answers.model_dump(mode="json", exclude={"sign_off"})
    return hashlib.sha256(rfc8785.dumps(content)).hexdigest()


def signed_off(
    answers: ControllerAnswers, site: SiteFile, by: str, on: date, decision: str, conditions: str
) -> ControllerAnswers:
    """``answers`` with a sign-off of them and of the site file as they are."""
    sign_off = SignOff.model_validate(
        {
            "by": by,
            "on": on,
            "decision": decision,
            "conditions": conditions,
            "site_sha256": site.digest,
            "answers_sha256": digest_of(answers),
        }
    )
    return answers.model_copy(update={"sign_off": sign_off})


def write_answers(answers: ControllerAnswers, path: Path) -> None:
    """Write ``dpia.yaml``, whole or not at all. Raises ``FileWriteError``."""
    content = yaml.safe_dump(
        answers.model_dump(mode="python"), sort_keys=False, allow_unicode=True, width=96
    )
    write_atomically(path, content)
