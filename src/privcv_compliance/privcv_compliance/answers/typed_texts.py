# SPDX-License-Identifier: Apache-2.0
"""What staff typed into the audit log, and what the log holds of staff.

Since 0.2.0 commands take numbers of cases, roles and reasons from a list only. Older entries may
hold anything, a name too: who reads them decides, a program cannot.
"""

from collections.abc import Callable, Iterable

from privcv_compliance.answers.requests import is_case_number
from privcv_compliance.answers.words import EXTENSIONS, PAUSES, REOPENINGS
from privcv_compliance.documents.document import Statement, counted, state
from privcv_compliance.evidence.audit_facts import AuditFacts
from privcv_compliance.evidence.references import query, setting
from privcv_compliance.site_file import SiteFile
from privcv_core.audit.entry import Entry
from privcv_core.authorization.withdrawal_words import WITHDRAWAL_REASONS, WITHDRAWERS

_SIGNED = "signed with key "


def is_typed(entry: Entry) -> bool:
    """Whether a text of ``entry`` is none that today's commands could have entered."""
    checks = _CHECKS.get(entry.event, {})
    return any(not check(str(entry.facts.get(name, ""))) for name, check in checks.items())


def typed_texts(entries: Iterable[Entry], facts: AuditFacts) -> list[Statement]:
    """That entries of the audit log may name somebody; nothing where none can."""
    typed = [entry for entry in entries if is_typed(entry)]
    if not typed:
        return []
    return [
        state(
            f"{counted(len(typed), 'text')} in the audit log that staff typed freely may name "
            "somebody: read them before this is sent.",
            *(query(facts, event) for event in sorted({entry.event for entry in typed})),
            warn=True,
        )
    ]


def staff_statement(site: SiteFile) -> Statement:
    """What the audit log holds of the controller's own people."""
    return state(
        "Of staff, the audit log holds which account of this machine answered a request, with the "
        "time, as long as its other entries: {days} days of running time.",
        setting(site, "audit.retain_days"),
        days=site.audit.retain_days,
    )


def _one_of(words: Iterable[str]) -> Callable[[str], bool]:
    known = frozenset(words)
    return lambda text: text in known


_CHECKS: dict[str, dict[str, Callable[[str], bool]]] = {
    "request.received": {"reference": is_case_number},
    "request.extended": {"reason": _one_of(EXTENSIONS)},
    "request.paused": {"reason": _one_of(PAUSES)},
    "request.reopened": {"reason": _one_of(REOPENINGS)},
    "consent.changed": {
        "by": lambda text: text in WITHDRAWERS or text.startswith("key "),
        "reason": lambda text: text in WITHDRAWAL_REASONS or text.startswith(_SIGNED),
    },
}
