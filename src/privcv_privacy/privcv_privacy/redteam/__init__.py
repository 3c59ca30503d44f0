# SPDX-License-Identifier: Apache-2.0
"""Attacks on what this package promises, run as measurements."""
