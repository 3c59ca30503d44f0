# SPDX-License-Identifier: Apache-2.0
"""The sample sites of ``config/samples`` made whole: records signed, the assessment signed off."""

import re
from datetime import date
from pathlib import Path

from privcv_compliance.controller.answers_file import (
    NAME,
    AnswersFile,
    signed_off,
    write_answers,
)
from privcv_compliance.site_file import SiteFile
from privcv_core.authorization.record import AuthorizationRecord, SignedRecord
from privcv_core.authorization.record_file import save_signed
from privcv_core.protocol.person_keys import create_key
from privcv_core.settings.model import load_settings

SAMPLES = Path(__file__).resolve().parents[4] / "config" / "samples"
SITES = ("library", "shop")
SAMPLE_LANGUAGES = ("en", "de")
_DECIDERS = {"en": "head of the house", "de": "Leitung des Hauses"}


def make_sample(name: str, language: str, folder: Path) -> SiteFile:
    """Sample ``name`` in ``folder``, what its people wrote in ``language``.

    Each camera's record is signed with a key made for it, which the site then trusts; the
    assessment is signed off on 2026-11-29, before its records begin.
    """
    folder.mkdir(parents=True, exist_ok=True)
    key = create_key(folder / "officer.pem")
    text = (SAMPLES / name / "site.yaml").read_text(encoding="utf-8")
    text = re.sub(r"trusted_keys: \[.*?\]", f"trusted_keys: [{key.public}]", text)
    path = folder / "site.yaml"
    path.write_text(text, encoding="utf-8")
    for draft in sorted((SAMPLES / name / language).glob("*.authorization.yaml")):
        record = load_settings(AuthorizationRecord, draft)
        save_signed(SignedRecord.sign(record, key), folder / f"{record.camera}.json")
    site = SiteFile.read(path)
    answers = AnswersFile.read(SAMPLES / name / language / NAME).answers
    signed = signed_off(answers, site, _DECIDERS[language], date(2026, 11, 29), "go", "")
    write_answers(signed, folder / NAME)
    return site
