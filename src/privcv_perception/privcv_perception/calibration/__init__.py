# SPDX-License-Identifier: Apache-2.0
"""Calibration: between pixels and metres on the floor."""
