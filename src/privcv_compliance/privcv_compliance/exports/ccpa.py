# SPDX-License-Identifier: Apache-2.0
"""The public commitment and the recipient's clause for deidentified information.

California Civil Code section 1798.140(m): reasonable measures, a public commitment, and recipients
who are bound by contract. Whether the reports are deidentified is for counsel to say.
"""

from privcv_compliance.documents.document import Evidence, Section, state
from privcv_compliance.evidence.promise import bound, unit
from privcv_compliance.exports.made_from import MadeFrom
from privcv_compliance.languages.phrase import say

_LAW = Evidence("law", "California Civil Code section 1798.140(m)")


def sections(made: MadeFrom) -> tuple[Section, ...]:
    """Measures (1), the commitment to publish (2), the clause for contracts (3)."""
    privacy = made.site.privacy
    recipient = made.site.collector or say("nobody: reports stay on the device")
    return (
        Section(
            say("(1) Measures"),
            (
                state(
                    "Only totals with noise leave the device: whether or not one {unit} took place "
                    "changes the chance of any reports by at most {bound}.",
                    made.set_at("privacy"),
                    _LAW,
                    unit=unit(privacy),
                    bound=bound(privacy),
                ),
                state(
                    "What is on the device before that (frames, tracks, identities) is not "
                    "deidentified.",
                    made.set_at("cameras"),
                    _LAW,
                ),
                state(
                    "Whether the reports are deidentified information in the sense of the act, and "
                    "whether the act applies: ask counsel.",
                    _LAW,
                ),
            ),
        ),
        Section(
            say("(2) Public commitment"),
            (
                *made.quoted("controller.name"),
                state(
                    "We maintain and use these totals in deidentified form only, and do not "
                    "attempt to reidentify them, except to test whether our deidentification "
                    "works.",
                    _LAW,
                    made.file.said("controller.name"),
                ),
            ),
        ),
        Section(
            say("(3) Clause for recipients"),
            (
                state("Recipient: {recipient}.", made.set_at("uplink.url"), recipient=recipient),
                *made.quoted("recipients.processors"),
                state(
                    "The recipient takes reasonable measures so that the totals cannot be "
                    "associated with a consumer or household; publicly commits to maintain and use "
                    "them in deidentified form and not to attempt to reidentify them; and binds "
                    "whoever receives them from it to the same.",
                    _LAW,
                ),
            ),
        ),
    )
