# SPDX-License-Identifier: Apache-2.0
"""Ingest: signed batches become rows, once, in order."""
