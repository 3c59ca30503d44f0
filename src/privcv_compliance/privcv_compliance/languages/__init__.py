# SPDX-License-Identifier: Apache-2.0
"""Sentences in other languages than English, which is that of the code."""
