# SPDX-License-Identifier: Apache-2.0
"""Storage: the database, ingest, queries."""
