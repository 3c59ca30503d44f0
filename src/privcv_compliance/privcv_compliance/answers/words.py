# SPDX-License-Identifier: Apache-2.0
"""The words of the register: outcomes and reasons, so that nobody types a name into a log."""

from privcv_core.audit.open_duties import UNFINISHED

NOTHING_LINKED = "nothing that can be linked to a person"
DELETED = "deleted"
LEFTOVERS, INCOMPLETE, TYPED_TEXT = UNFINISHED

BY_HAND = ("granted", "refused", "not identified")
"""Outcomes of an answer that the controller wrote."""

EXTENSIONS = ("complexity", "number")  # of requests: GDPR Art. 12(3)
PAUSES = ("identity", "clarification")  # EDPB Guidelines 01/2022, section 5.3
REOPENINGS = ("complaint", "new facts", "mistake")
COMPLAINTS = ("controller", "authority", "court")
