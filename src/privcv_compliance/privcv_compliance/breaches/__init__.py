# SPDX-License-Identifier: Apache-2.0
"""Breaches of personal data (GDPR Art. 4(12)): their register, their clock and their report."""
