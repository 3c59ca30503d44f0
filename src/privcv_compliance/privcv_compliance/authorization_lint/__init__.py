# SPDX-License-Identifier: Apache-2.0
"""Reads an authorization before it is signed, and says what speaks against it."""
