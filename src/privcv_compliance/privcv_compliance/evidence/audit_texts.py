# SPDX-License-Identifier: Apache-2.0
"""What the texts of an audit log look like: ids, digests, times, names, and words of people.

Written once more here, independent of the code that writes them: a text of another form is a
finding.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from privcv_compliance.evidence.plain_text import is_data
from privcv_compliance.evidence.said_names import SaidNames
from privcv_compliance.evidence.store_values import NAME
from privcv_compliance.site_file import SiteFile
from privcv_core.audit.entry import Entry
from privcv_core.audit.events import check_facts
from privcv_core.audit.files import chains_in
from privcv_core.audit.verify import read_chain, verify_chain

_DIGEST = r"[0-9a-f]{64}"
_TIME = r"[0-9TZ:.+-]{0,35}|unknown"
_DAY = r"(\d{4}-\d\d-\d\d)?"
_FORMS: Mapping[str, str] = {
    **dict.fromkeys(("settings", "hash", "digest"), rf"({_DIGEST})?"),
    **dict.fromkeys(("old", "new"), rf"({_DIGEST}|none)?"),
    "record": r"([0-9a-f]{32})?",
    **dict.fromkeys(("request", "breach", "key"), r"[0-9a-f]{8}"),
    "camera": NAME,
    "cameras": rf"({NAME}(, ?{NAME})*)?",
    "version": r"[\w.+-]{1,40}",
    **dict.fromkeys(("collector", "kept_by"), r"[\w.:/\[\]-]{0,255}"),
    **dict.fromkeys(("received", "deadline", "confirm_by", "day"), rf"{_DAY}|{_TIME}"),
    **dict.fromkeys(("written_until", "noticed", "happened", "when"), _TIME),
}
"""Fact -> its form as a text; of others, words of people and programs."""


def strange_log(folder: Path, chain: str, names: frozenset[str]) -> str:
    """What is wrong with the chain ``chain`` in ``folder``, in words; ``names``: of the site."""
    if is_data(chain):
        return "its name is none of a camera"
    problems = verify_chain(folder, chain).problems
    if problems:
        return f"the log is not what was written: {problems[0]}"
    said = SaidNames(names)
    for entry in read_chain(folder, chain, senseless=True):
        try:
            check_facts(entry.event, entry.facts)
        except ValueError as error:
            return f"entry {entry.sequence} says what no entry may: {error}"
        if strange := next(_strange_facts(entry), ""):
            return f"entry {entry.sequence} says what no entry may: {strange}"
        for name in ("camera", "cameras"):
            said.add(*re.split(", ?", str(entry.facts.get(name, ""))))
    return next(said.too_many(), "")


def _strange_facts(entry: Entry) -> Iterator[str]:
    for name, fact in entry.facts.items():
        if not isinstance(fact, str):
            continue
        form = _FORMS.get(name)
        if form is not None and re.fullmatch(form, fact, re.ASCII) is None:
            yield f"{entry.event}.{name} has a form that it never has"
        elif (form is None or name in ("camera", "cameras")) and is_data(fact):
            yield f"{entry.event}.{name} is no text that people or programs write"


def told_records(site: SiteFile) -> frozenset[str]:
    """Ids of the authorization records that the audit logs of ``site`` know."""
    folder = site.audit.folder
    return frozenset(
        str(entry.facts.get("record"))
        for chain in chains_in(folder)
        for event in ("consent.changed", "gate.opened", "gate.closed")
        for entry in read_chain(folder, chain, event)
    )
