# SPDX-License-Identifier: Apache-2.0
"""Sums over sites on the device: votes of a window, charged, blurred, shared and sealed at once."""
