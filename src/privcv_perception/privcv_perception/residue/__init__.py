# SPDX-License-Identifier: Apache-2.0
"""Proof that frames are gone: search a whole camera process for the pixels it was shown."""
