# SPDX-License-Identifier: Apache-2.0
"""Each sentence of the assessment that rests on the controller's answers, on law or on the maker.

A row: what the sentence is known by, one change of settings or answers, what it says after that.
"""

import re
from pathlib import Path
from typing import Any

import yaml

from privcv_compliance.controller.controller_answers import ControllerAnswers
from privcv_compliance.site_file import SiteFile

Changes = dict[str, Any]
"""Dotted key -> value: of the site file, or after ``answers.`` of ``dpia.yaml``."""


def set_keys(path: Path, changes: Changes) -> None:
    """Set keys of the site file at ``path``, and of the answers beside it."""
    for key, value in changes.items():
        is_answer = key.startswith("answers.")
        file = path.with_name("dpia.yaml") if is_answer else path
        content = (yaml.safe_load(file.read_text()) if file.exists() else None) or {}
        *parents, leaf = key.removeprefix("answers.").split(".")
        place = content
        for parent in parents:
            place = place.setdefault(parent, {})
        place[leaf] = value
        file.write_text(yaml.safe_dump(content))


def asked() -> dict[str, str]:
    """Key of ``dpia.yaml`` -> its question."""
    found = {}
    for section, field in ControllerAnswers.model_fields.items():
        for name, inner in field.annotation.model_fields.items():  # type: ignore[union-attr]
            found[f"{section}.{name}"] = inner.description
    return found


ANSWERED = [
    r"Not answered yet \(",
    *(re.escape(question) for question in asked().values() if question.endswith("?")),
]
"""What a sentence is known by that is a question, with the controller's answer."""

LOWERED = {
    "answers.risks.linking.likelihood_before": "significant",
    "answers.risks.linking.likelihood_after": "negligible",
}
HIGH = {
    "answers.risks.access.severity_after": "maximum",
    "answers.risks.access.likelihood_after": "significant",
}
SIGNED = {"answers.sign_off.on": "2026-11-19", "answers.sign_off.site_sha256": "0" * 64}

ASSESSED: list[tuple[str, Changes, str]] = [
    # contradictions
    ("A camera that looks at all who pass is systematic",
     {"answers.need.criteria": ["innovative_use"]}, "the criteria lack it"),
    ("Children and employees are vulnerable people",
     {"answers.need.criteria": ["systematic_monitoring"], "answers.people.staff": True},
     "the criteria lack them"),
    ("The record of camera '.*' names another controller",
     {"answers.controller.name": "A School"}, "names another controller: City of Example"),
    (r"Rated lower with the measures \(", {**LOWERED, "privacy.epsilon": 2}, "epsilon is above 1"),
    (r"Rated lower with the measures \(", {**LOWERED, "privacy.unit": "event"}, "adds up"),
    (r"Rated lower with the measures \(", {**LOWERED, "privacy.k": 1}, "single people are shown"),
    ("The review was due on ", {"answers.review.due": "2026-11-19"}, "due on 2026-11-19"),
    ("The sign-off is of a day to come", {"answers.sign_off.on": "2026-11-21"}, "2026-11-21"),
    ("Answers were changed after the sign-off", SIGNED, "sign off again"),
    ("The site file was changed after the sign-off", SIGNED, "sign off again"),
    # consultation of the authority
    ("A high risk remains", HIGH, "Somebody sees frames or tracks who must not."),
    ("By these ratings no risk stays both", HIGH, "A high risk remains"),
    # the matrix
    (r"Somebody sees frames or tracks who must not\. \|",
     {"answers.risks.access.severity_before": "maximum"}, "maximum / not answered"),
    (r"Somebody changes figures or settings unseen\. \|",
     {"answers.risks.change.reason": "it is logged"}, "it is logged"),
    (r"Records or figures are lost\. \|",
     {"answers.risks.loss.likelihood_after": "limited"}, "not answered / limited"),
    (r"Somebody learns from what is kept or sent .* \|",
     {"answers.risks.linking.severity_after": "limited"}, "limited / not answered"),
    (r"The cameras are used for something else, .* \|",
     {"answers.risks.other_use.reason": "an agreement"}, "an agreement"),
    (r"People feel watched and behave differently\. \|",
     {"answers.risks.chilling.reason": "a sign"}, "a sign"),
    # epsilon
    ("Epsilon is how much the reports can tell", {"privacy.epsilon": 0.5}, "adds 0.5."),
    ("Epsilon is how much the reports can tell", {"privacy.unit": "event"}, "about one event"),
    ("The table counts from the beginning of a period", {"privacy.epsilon": 0.5}, "cost 0.5 more"),
    ("With Gaussian noise there is a chance", {"privacy.mechanism": "gaussian"}, "1e-06"),
    ("Top of the pyramid", {"privacy.epsilon": 0.5}, "epsilon 0.5 for one visit"),
    ("somebody who comes once", {"privacy.epsilon": 0.5}, "| 0.5 | 0.5 | 0.5 | one who asks"),
    ("a regular", {"answers.people.regular_days_a_year": 20}, "| 1 | 20 | 20 |"),
    ("an employee in view all day", {"answers.people.staff_hours_a_day": 4}, "| 4 | 880 | 880 |"),
    # the tests of WP216
    ("Reports, which leave the device", {"privacy.epsilon": 0.5}, "62% certainty"),
    ("Reports, which leave the device", {"privacy.k": 9}, "only where it reaches 10"),
    # retention
    ("Boxes and tracks of people under camera",
     {"cameras.lobby.tracker": {"lost_s": 1.0, "lag_s": 0.5}}, "1.5 s after"),
    (r"Identity \(pseudonym\) of a person under camera",
     {"cameras.lobby.anonymization": {"identities": {"period_s": 1800}}}, "2400 s at most"),
    ("What an identity did in the window",
     {"privacy.identity_absence_s": 60}, "70 s after somebody"),
    ("What an identity did in the window",
     {"privacy.unit": "event", "privacy.dwell_period_s": 3600}, "3600 s, the dwell period"),
    ("Sums of a window without identities", {"privacy.window_s": 600}, "600 s, the window"),
    ("Audit log: no count", {"audit.retain_days": 30}, "30 days of running time"),
    ("Signed records: roles, purposes", {"retention": {"authorizations_days": 40}}, "40 days of"),
    ("Register of requests and breaches",
     {"retention": {"register_days": 4000}}, "4000 days of running time"),
    ("Reports that wait for the collector",
     {"uplink.outbox.max_age_days": 7, "uplink.url": "https://c.example",
      "uplink.pins": [f"sha256/{'A' * 43}="]}, "7 days"),
    ("Reports at the collector",
     {"answers.recipients.retention_days": 99, "uplink.url": "https://c.example",
      "uplink.pins": [f"sha256/{'A' * 43}="]}, "99 days"),
    # what no setting changes: law, constants, the maker's figures (test_maker_figures)
    ("To look at frames in which people can be recognised", {}, ""),
    ("Cameras may be used only where nothing milder", {}, ""),
    ("What national law adds", {}, ""),
    ("Who comes often, or stays all day", {}, ""),
    ("Over a year it can be learned", {}, ""),
    ("Middle, what could undermine it", {}, ""),
    ("Bottom, what it rests on", {}, ""),
    ("Frames and tracks are personal data", {}, ""),
    ("Frames, in the memory of the camera process", {}, ""),
    ("Pseudonymous tracks, on the device", {}, ""),
    (r"Frames \| memory", {}, ""),
    ("Ledger: what was paid for", {}, ""),
    ("Signed records: roles", {}, ""),
]  # fmt: skip


def read_again(site: SiteFile) -> SiteFile:
    """The site by its file as it is now."""
    return SiteFile.read(site.path)
