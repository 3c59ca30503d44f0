# SPDX-License-Identifier: Apache-2.0
"""The controller's answers asked step by step: which question comes next, what an answer means."""

from collections.abc import Callable, Collection
from typing import Annotated, Any, get_args, get_origin

from privcv_compliance.assessment.unanswered import Question, questions
from privcv_compliance.controller.answers_file import AnswersFile, digest_of
from privcv_compliance.controller.controller_answers import ControllerAnswers, SignOff
from privcv_compliance.site_file import SiteFile
from privcv_core.errors import SettingsError
from privcv_core.settings.model import parse_settings

NONE = "-"
"""What one types for an empty list."""

_YES, _NO = ("yes", "y", "ja", "j"), ("no", "n", "nein")


def next_question(
    answers: ControllerAnswers, site: SiteFile, skipped: Collection[str]
) -> Question | None:
    """The first open question that was not skipped. The sign-off comes when nothing else is open.

    A sign-off of other answers, or of another site file, is asked for again.
    """
    answers = without_old_sign_off(answers, site)
    still = [question for question in questions(answers, site) if question.is_open]
    if any(not _signs(question) for question in still):
        still = [question for question in still if not _signs(question)]
    return next((question for question in still if question.key not in skipped), None)


def without_old_sign_off(answers: ControllerAnswers, site: SiteFile) -> ControllerAnswers:
    """``answers`` without a sign-off that is not of them and of the site file as they are."""
    signed = answers.sign_off
    current = (signed.answers_sha256, signed.site_sha256) == (digest_of(answers), site.digest)
    if current or not signed.answers_sha256:
        return answers
    return answers.model_copy(update={"sign_off": SignOff()})


def choices(question: Question) -> tuple[str, ...]:
    """What may be typed, where that is a choice."""
    kinds = _kinds(question)
    if bool in kinds:
        return ("yes", "no")
    return tuple(str(name) for kind in kinds for name in get_args(kind) if isinstance(name, str))


def is_list(question: Question) -> bool:
    """Whether several answers may be given, parted by semicolons."""
    return any(get_origin(kind) is list for kind in _kinds(question))


def with_answer(
    answers: ControllerAnswers, question: Question, typed: str, site: SiteFile
) -> ControllerAnswers:
    """``answers`` with what was typed for ``question``. Raises ``SettingsError`` that says why not.

    With the last answer of the sign-off the digests of what is signed are entered.
    """
    content = without_old_sign_off(answers, site).model_dump(mode="python")
    *parents, leaf = question.key.split(".")
    place = content
    for parent in parents:
        place = place[parent]
    place[leaf] = _value(question, typed)
    changed = parse_settings(ControllerAnswers, content, question.key)
    if _signs(question):
        digests = {"answers_sha256": digest_of(changed), "site_sha256": site.digest}
        signed = changed.sign_off.model_copy(update=digests)
        changed = changed.model_copy(update={"sign_off": signed})
    return changed


def interview(
    file: AnswersFile,
    site: SiteFile,
    ask: Callable[[Question, int], str],
    keep: Callable[[ControllerAnswers], None],
    refuse: Callable[[Exception], None],
) -> ControllerAnswers:
    """Ask every open question once; ``keep`` each answer at once, so that one may stop anywhere.

    ``ask`` gets a question and how many are open; an empty answer leaves it open.
    """
    answers, skipped = file.answers, set[str]()
    while (question := next_question(answers, site, skipped)) is not None:
        left = sum(item.is_open for item in questions(answers, site))
        typed = ask(question, left).strip()
        if not typed:
            skipped.add(question.key)
            continue
        try:
            answers = with_answer(answers, question, typed, site)
        except SettingsError as error:
            refuse(error)
            continue
        keep(answers)
    return answers


def _value(question: Question, typed: str) -> Any:
    if is_list(question):
        return [] if typed == NONE else [part.strip() for part in typed.split(";") if part.strip()]
    if bool in _kinds(question):
        word = typed.lower()
        return True if word in _YES else False if word in _NO else typed
    if int in _kinds(question) and typed.isdigit():
        return int(typed)
    return typed


def _kinds(question: Question) -> tuple[Any, ...]:
    """The types that an answer may have, without ``None``."""
    annotation = question.field.annotation
    kinds = get_args(annotation) if type(None) in get_args(annotation) else (annotation,)
    return tuple(get_args(kind)[0] if get_origin(kind) is Annotated else kind for kind in kinds)


def _signs(question: Question) -> bool:
    return question.key.startswith("sign_off.")
