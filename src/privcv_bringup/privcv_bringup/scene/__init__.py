# SPDX-License-Identifier: Apache-2.0
"""A virtual camera over a room with walking people and known truth: for the demo and for tests."""
