# SPDX-License-Identifier: Apache-2.0
"""Noise: mechanisms, and estimation from noisy histograms."""
