# SPDX-License-Identifier: Apache-2.0
"""Alerts: rules over released windows, who is told, and that each is told once."""
