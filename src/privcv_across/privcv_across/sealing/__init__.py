# SPDX-License-Identifier: Apache-2.0
"""Shares sealed so that only the collector that each is for can open them (HPKE, RFC 9180)."""
