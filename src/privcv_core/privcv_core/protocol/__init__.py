# SPDX-License-Identifier: Apache-2.0
"""What devices and collectors agree on: keys, envelopes, releases, message schema."""
