# SPDX-License-Identifier: Apache-2.0
"""Prio3: counts in shares, and the proof that they are counts (draft-irtf-cfrg-vdaf-18 to -20).

Written from the draft's text over plain integers. It takes the same time for all measurements only
roughly: whoever can time the device to microseconds is on the device, where the counts are.
"""
