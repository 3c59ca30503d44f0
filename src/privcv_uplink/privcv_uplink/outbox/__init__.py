# SPDX-License-Identifier: Apache-2.0
"""The outbox: a durable queue of releases that wait for delivery."""
