# SPDX-License-Identifier: Apache-2.0
"""Limits on requests and connections of strangers."""
