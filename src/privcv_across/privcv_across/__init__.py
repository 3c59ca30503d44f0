# SPDX-License-Identifier: Apache-2.0
"""Sums over sites that no single server can look into."""
