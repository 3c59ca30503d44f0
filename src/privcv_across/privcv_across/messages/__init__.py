# SPDX-License-Identifier: Apache-2.0
"""Messages of DAP (draft-ietf-ppm-dap-18) that devices and collectors exchange.

Each is a frozen dataclass with ``encode`` and ``decode``. A decoder takes exactly what ``encode``
writes, bounded before anything is kept, and raises ``MalformedMessage`` for all else.
"""
