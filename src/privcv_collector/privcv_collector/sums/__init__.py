# SPDX-License-Identifier: Apache-2.0
"""Sums over sites: this collector as the leader or the helper of tasks (``privcv_across``)."""
