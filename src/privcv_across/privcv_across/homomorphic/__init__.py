# SPDX-License-Identifier: Apache-2.0
"""Sums by one server over numbers that it cannot read: no second operator, and no proofs."""
