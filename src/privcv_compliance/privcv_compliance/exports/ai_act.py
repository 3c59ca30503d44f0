# SPDX-License-Identifier: Apache-2.0
"""A statement on the AI Act: no identification, no categorisation, no emotions, by the schema.

It reads the fields of the messages that are built here: what has no field cannot be told.
"""

from collections.abc import Iterator, Mapping
from importlib import metadata

from privcv_compliance.documents.document import Evidence, Section, Statement, Table, row, state
from privcv_compliance.exports.made_from import MadeFrom
from privcv_compliance.languages.phrase import say
from privcv_core.protocol.message_schema import find_violations, messages_of

INSIDE = ("Detections", "Tracks")
"""Messages that stay inside the camera process; all others may leave it."""

TRAITS = frozenset(
    {
        "face", "gait", "iris", "voice", "emotion", "mood", "gender", "sex", "ethnicity", "race",
        "age", "embedding", "embeddings", "descriptor", "features", "biometric", "person", "people",
    }
)  # fmt: skip
"""Words in the name of a field that would hold a trait of a person."""

_SCHEMA = Evidence("command", "privcv audit schema")


def sections(made: MadeFrom) -> tuple[Section, ...]:
    """The statement, the fields that it rests on, and what the deployer has to judge."""
    fields = leaving_fields()
    return (
        Section(say("What the system does not do"), tuple(_denied(fields))),
        Section(
            say("The fields of all messages outside the camera process"),
            (_whole(fields),),
            Table(
                (say("Message"), say("Fields")),
                tuple(row(name, ", ".join(names), on=(_SCHEMA,)) for name, names in fields.items()),
            ),
        ),
        Section(say("What the deployer judges"), _judged(made)),
    )


def leaving_fields() -> Mapping[str, tuple[str, ...]]:
    """Message -> its fields, of the messages that are built here; empty where none are."""
    try:
        messages = messages_of("privcv_msgs")
    except ModuleNotFoundError:
        return {}
    return {
        message.__name__: tuple(message.get_fields_and_field_types())
        for message in messages
        if message.__name__ not in INSIDE
    }


def traits(fields: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Fields in whose name a trait of a person stands."""
    return [
        f"{message}.{name}"
        for message, names in fields.items()
        for name in names
        if TRAITS & set(name.split("_"))
    ]


def _denied(fields: Mapping[str, tuple[str, ...]]) -> Iterator[Statement]:
    found = traits(fields)
    if not fields or found:
        yield state(
            "Whether the messages can tell traits of a person: not measured; {why}.",
            _SCHEMA,
            warn=True,
            why=", ".join(found) if found else say("no messages are built here"),
        )
        return
    yield state(
        "It identifies nobody: no field holds or is compared with a trait of a person, and there "
        "is no reference database.",
        _SCHEMA,
        Evidence("law", "AI Act Art. 3(35), (41) and (42), Recital 15"),
    )
    yield state(
        "It sorts nobody into categories by biometric data: its size class is a footprint in "
        "square metres, which a trolley has too, and its direction is a way of walking on the "
        "floor.",
        _SCHEMA,
        Evidence("law", "AI Act Art. 3(40), Art. 5(1)(g), Annex III point 1"),
    )
    yield state(
        "It recognises no emotions or intentions: no field could tell them.",
        _SCHEMA,
        Evidence("law", "AI Act Art. 3(39), Art. 5(1)(f)"),
    )


def _whole(fields: Mapping[str, tuple[str, ...]]) -> Statement:
    violations = sum(len(find_violations(message)) for message in _built()) if fields else 0
    return state(
        "privcv {version} has {number} messages outside the camera process; {violations} of "
        "their fields break the rule that none can hold an image.",
        _SCHEMA,
        warn=violations > 0 or not fields,
        version=_version(),
        number=len(fields),
        violations=violations,
    )


def _built() -> list[object]:
    return [message for message in messages_of("privcv_msgs") if message.__name__ not in INSIDE]


def _judged(made: MadeFrom) -> tuple[Statement, ...]:
    staff = made.file.answers.people.staff
    return (
        state(
            "Its detector is a trained model, so it is to be taken for an AI system; which duties "
            "follow for its deployer, and from when, ask counsel: the dates were changed in 2026.",
            Evidence(
                "law",
                "AI Act Art. 3(1), Art. 4, Art. 26, Art. 113, with Regulation (EU) 2026/1744",
            ),
            made.set_at("cameras"),
        ),
        state(
            "It must not be used to monitor or evaluate people at work: that would make it "
            "high-risk. People work where a camera looks: {staff}",
            Evidence("law", "AI Act Art. 6(2), Annex III point 4(b)"),
            made.file.said("people.staff"),
            warn=staff is None,
            staff=say("not answered") if staff is None else say("Yes.") if staff else say("No."),
        ),
    )


def _version() -> str:
    try:
        return metadata.version("privcv_core")
    except metadata.PackageNotFoundError:
        return "of this checkout"
