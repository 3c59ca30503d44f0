# SPDX-License-Identifier: Apache-2.0
"""What every privcv node shares: strict settings, lifecycle, diagnostics, executor."""
