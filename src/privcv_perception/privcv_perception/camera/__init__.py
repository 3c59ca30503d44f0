# SPDX-License-Identifier: Apache-2.0
"""One camera: the loop over its frames, its authorization gate, its settings."""
