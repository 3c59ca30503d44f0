# SPDX-License-Identifier: Apache-2.0
"""Images that people must see: redaction of recordings, and the bag anonymizer."""
