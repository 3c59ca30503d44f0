# SPDX-License-Identifier: Apache-2.0
"""Totals to a collector: outbox, transports, delivery."""
