# SPDX-License-Identifier: Apache-2.0
"""Devices and people: enrolment, keys, access tokens, what an administrator does."""
