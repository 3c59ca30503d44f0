# SPDX-License-Identifier: Apache-2.0
"""Requests of data subjects: the register with its deadlines, access and erasure."""
