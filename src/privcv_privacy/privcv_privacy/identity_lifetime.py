# SPDX-License-Identifier: Apache-2.0
"""How long an identity (pseudonym) lives where a site does not say otherwise, s.

The settings, the command line and the tests all take it from here: a ledger that is asked with a
shorter lifetime than it was written with shows more budget than there is.
"""

from privcv_privacy.anonymous_tick import TICK_S

ROTATION_PERIOD_S = 3600
GRACE_S = 600
IDENTITY_LIFETIME_S = ROTATION_PERIOD_S + GRACE_S + TICK_S
"""A whole period, the grace after it, and the tick in which that ends."""

FORGET_S = 10
"""A person who was not tracked for longer has left, and comes back under another identity, s."""

LONGEST_LIFETIME_S = 172_800
"""The longest that a site may set: two days."""
