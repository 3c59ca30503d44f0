# SPDX-License-Identifier: Apache-2.0
"""Detection: people in pixels, by one of several detectors."""
