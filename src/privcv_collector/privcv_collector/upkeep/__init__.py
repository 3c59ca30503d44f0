# SPDX-License-Identifier: Apache-2.0
"""Upkeep of the database between requests: partitions ahead of time, and the end of old reports."""
