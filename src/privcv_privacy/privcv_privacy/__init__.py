# SPDX-License-Identifier: Apache-2.0
"""Metres to noisy totals: identities, aggregation, noise, budget."""
