# SPDX-License-Identifier: Apache-2.0
"""Queries: what readers and auditors ask of the database."""
