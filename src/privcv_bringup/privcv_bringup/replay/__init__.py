# SPDX-License-Identifier: Apache-2.0
"""Replay: bags and videos into a graph, with their own time."""
