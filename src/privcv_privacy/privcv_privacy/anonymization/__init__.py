# SPDX-License-Identifier: Apache-2.0
"""Anonymization: rotating identities, cells, ticks."""
