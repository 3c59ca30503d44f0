# SPDX-License-Identifier: Apache-2.0
"""Lifecycle node of this package."""
