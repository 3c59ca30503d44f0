# SPDX-License-Identifier: Apache-2.0
"""Measurements of accuracy and of linkability, on trajectories."""
