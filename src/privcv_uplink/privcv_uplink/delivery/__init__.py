# SPDX-License-Identifier: Apache-2.0
"""Delivery: signing, retries, enrolment, key rotation."""
