# SPDX-License-Identifier: Apache-2.0
"""What is told of a change: the same for all channels, as JSON and in words.

Names match ``[a-z][a-z0-9_]*``; the rule's title is free text of one line, and is text everywhere:
in JSON escaped, in a mail the body, which is plain. A subject holds names only.
"""

import json
from dataclasses import dataclass
from typing import Any

from privcv_core.protocol.timestamps import rfc3339_whole


@dataclass(frozen=True)
class Message:
    """``id`` is the same on every attempt: whoever is told twice drops one."""

    id: str
    subject: str
    body: bytes
    text: str


def message_of(rule: Any, event: Any, site: str) -> Message:
    """Of rows of ``alert_rules`` and ``alert_events``."""
    content = {
        "id": f"{rule.pk}-{event.number}",
        "event": event.change,
        "at": rfc3339_whole(event.at),
        "site": site,
        "camera": rule.camera,
        "place": rule.place,
        "title": rule.title,
        "statistic": rule.statistic,
        "kind": rule.kind,
        "certainty": None if rule.kind == "no_data" else rule.certainty,
        "threshold": None if rule.kind == "no_data" else rule.threshold,
        "window_start": None if event.start is None else rfc3339_whole(event.start),
        "window_s": event.length_s,
        "low": event.low,
        "high": event.high,
    }
    what = _in_words(rule, event)
    return Message(
        str(content["id"]),
        f"privcv: {site} {rule.place}: {event.change}",
        json.dumps(content, sort_keys=True).encode(),
        f"{what}\n\n" + "".join(f"{name}: {value}\n" for name, value in content.items()),
    )


def _in_words(rule: Any, event: Any) -> str:
    if event.change == "cleared":
        return "The alarm is over."
    if rule.kind == "no_data":
        return f"Nothing was observed for {rule.wait_s} s."
    between = "" if event.low is None else f" (between {event.low:g} and {event.high:g})"
    return f"{rule.certainty.capitalize()} {rule.kind} {rule.threshold:g} people{between}."
