# SPDX-License-Identifier: Apache-2.0
"""Integer noise: what each collector adds to a total, and what a device puts under its counts."""
