# SPDX-License-Identifier: Apache-2.0
"""A log that cannot show one history to one reader and another to the next (RFC 6962, C2SP)."""
