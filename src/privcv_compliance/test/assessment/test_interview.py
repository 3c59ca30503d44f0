# SPDX-License-Identifier: Apache-2.0
"""The questions come in order, those that apply, each answer is kept at once, the sign-off last."""

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from sample_sites import make_sample

from privcv_compliance.assessment.interview import next_question, with_answer
from privcv_compliance.assessment.unanswered import questions
from privcv_compliance.cli.dpia import command
from privcv_compliance.controller.answers_file import AnswersFile, digest_of
from privcv_compliance.controller.controller_answers import ControllerAnswers
from privcv_compliance.site_file import SiteFile
from privcv_core.errors import SettingsError


@pytest.fixture
def shop(tmp_path: Path) -> SiteFile:
    return make_sample("shop", "en", tmp_path)


def typed(value: object) -> str:
    """How one types what a sample's file says."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(map(str, value)) or "-"
    return str(value)


def test_whoever_types_what_a_sample_says_has_the_answers_of_the_sample(shop: SiteFile) -> None:
    """The oracle is the file that was written by hand; numbers have defaults and are not asked."""
    whole = AnswersFile.beside(shop).answers
    shop.path.with_name("dpia.yaml").unlink()
    lines = [
        typed(question.answer)
        for question in questions(whole, shop)
        if not is_default(question.key)
    ]
    result = CliRunner().invoke(
        command, ["init", "--site", str(shop.path)], input="\n".join(lines) + "\n"
    )
    assert result.exit_code == 0, result.output
    assert "dpia.yaml: 0 questions open" in result.output
    again = AnswersFile.beside(shop)
    assert again.answers == whole
    assert again.is_signed_as_it_is


def is_default(key: str) -> bool:
    return key.endswith(("_a_day", "_a_year"))


def test_one_may_stop_anywhere_and_go_on(shop: SiteFile) -> None:
    path = shop.path.with_name("dpia.yaml")
    path.unlink()
    words = ["init", "--site", str(shop.path), "--lang", "de"]
    stopped = CliRunner().invoke(command, words, input="A Shop\n\n")  # one answer, one left open
    assert stopped.exit_code == 1  # the input ended
    assert "Wer ist verantwortlich" in stopped.output
    assert yaml.safe_load(path.read_text())["controller"]["name"] == "A Shop"
    on = CliRunner().invoke(command, words, input="1 Street\n")
    assert "Die Postanschrift des Verantwortlichen?" in on.output
    assert "Wer ist verantwortlich" not in on.output


def test_an_answer_that_is_none_is_asked_for_again(shop: SiteFile) -> None:
    answers = AnswersFile.beside(shop).answers
    review = answers.review.model_copy(update={"due": None})
    answers = answers.model_copy(update={"review": review})
    question = next_question(answers, shop, set())
    assert question is not None
    assert question.key == "review.due"
    with pytest.raises(SettingsError, match=r"review\.due"):
        with_answer(answers, question, "next year", shop)
    assert str(with_answer(answers, question, "2027-01-31", shop).review.due) == "2027-01-31"


def test_an_answer_that_is_none_is_refused_with_the_reason_and_asked_again(
    shop: SiteFile,
) -> None:
    path = shop.path.with_name("dpia.yaml")
    content = yaml.safe_load(path.read_text())
    content["review"]["due"] = None
    path.write_text(yaml.safe_dump(content))
    lines = "next year\n2027-01-31\nhead\n2026-11-30\ngo\n"
    result = CliRunner().invoke(command, ["init", "--site", str(shop.path)], input=lines)
    assert "review.due: " in result.stderr
    assert "0 questions open" in result.output
    assert str(AnswersFile.beside(shop).answers.review.due) == "2027-01-31"


def test_what_does_not_apply_is_not_asked(shop: SiteFile, tmp_path: Path) -> None:
    library = make_sample("library", "en", tmp_path / "library")
    empty = ControllerAnswers()
    in_shop = {question.key for question in questions(empty, shop)}
    in_library = {question.key for question in questions(empty, library)}
    assert in_shop - in_library == {"purpose.interest", "purpose.expectation", "purpose.balance"}
    assert in_library - in_shop == {"purpose.legal_task"}


def test_a_changed_answer_asks_for_the_sign_off_anew(shop: SiteFile) -> None:
    answers = AnswersFile.beside(shop).answers
    assert next_question(answers, shop, set()) is None
    rights = answers.rights.model_copy(update={"uncounted": "nowhere"})
    changed = answers.model_copy(update={"rights": rights})
    question = next_question(changed, shop, set())
    assert question is not None
    assert question.key == "sign_off.by"
    signed = with_answer(changed, question, "head", shop)
    assert signed.sign_off.answers_sha256 == digest_of(changed)
    assert signed.sign_off.on is None
