# SPDX-License-Identifier: Apache-2.0
"""Who withdraws an authorization and why, in the words that the audit log may hold."""

WITHDRAWERS = ("operator", "controller", "officer", "representative", "authority")
"""By role: the log is no place for names."""

WITHDRAWAL_REASONS = (
    "objection",
    "consent withdrawn",
    "purpose ended",
    "incident",
    "authority",
    "mistake",
    "maintenance",
    "other",
)
