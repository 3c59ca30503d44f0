# SPDX-License-Identifier: Apache-2.0
"""Encryption at rest: keys, sealed texts, and SQLite files whose pages are sealed."""
