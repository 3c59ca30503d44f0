# SPDX-License-Identifier: Apache-2.0
"""Measures the whole chain on recordings whose truth is known: from pixels to totals."""
