# SPDX-License-Identifier: Apache-2.0
"""The sample sites are whole: they load, their records are signed, every answer is given."""

from pathlib import Path

import pytest
from sample_sites import SAMPLE_LANGUAGES, SITES, make_sample

from privcv_compliance.controller.answers_file import AnswersFile
from privcv_compliance.evidence.authorizations import record_of


@pytest.mark.parametrize("language", SAMPLE_LANGUAGES)
@pytest.mark.parametrize("name", SITES)
def test_a_sample_is_a_whole_site(name: str, language: str, tmp_path: Path) -> None:
    site = make_sample(name, language, tmp_path)
    answers = AnswersFile.beside(site)
    assert answers.is_signed_as_it_is
    assert answers.answers.sign_off.site_sha256 == site.digest
    for camera in site.cameras.values():
        record = record_of(camera)
        assert record is not None
        assert record.camera == camera.name
        assert record.controller == answers.answers.controller.name
