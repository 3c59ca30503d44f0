# SPDX-License-Identifier: Apache-2.0
"""The site file: its reader, and the graph of processes that it becomes."""
