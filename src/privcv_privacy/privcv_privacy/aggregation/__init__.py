# SPDX-License-Identifier: Apache-2.0
"""Aggregation: from pseudonymous tracks to what a release says."""
