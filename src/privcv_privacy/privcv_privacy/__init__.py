# SPDX-License-Identifier: Apache-2.0
"""Metres to noisy totals: identities, anonymization, aggregation, budget, compliance."""
