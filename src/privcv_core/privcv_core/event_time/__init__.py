# SPDX-License-Identifier: Apache-2.0
"""Event time: when frames were taken, whatever happens to clocks."""
