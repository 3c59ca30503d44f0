# SPDX-License-Identifier: Apache-2.0
"""Transports: HTTPS and MQTT 5, with pinned keys."""
