# SPDX-License-Identifier: Apache-2.0
"""The task: one document, signed by both operators, on which a sum over sites hangs."""
