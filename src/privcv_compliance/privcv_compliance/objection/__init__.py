# SPDX-License-Identifier: Apache-2.0
"""Objections (GDPR Art. 21): pauses in which nobody is counted, by command, button or broker."""
