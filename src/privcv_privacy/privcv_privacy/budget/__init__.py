# SPDX-License-Identifier: Apache-2.0
"""The privacy budget: accounting, and the durable ledger."""
