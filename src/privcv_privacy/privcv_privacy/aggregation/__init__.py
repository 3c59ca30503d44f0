# SPDX-License-Identifier: Apache-2.0
"""Aggregation: from anonymous tracks to what a release says."""
