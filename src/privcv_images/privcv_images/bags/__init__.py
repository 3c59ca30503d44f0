# SPDX-License-Identifier: Apache-2.0
"""Bags without anybody in them: images redacted in place, all other messages as they are."""
