# SPDX-License-Identifier: Apache-2.0
"""Files that must not be half written, or not be read by others; and where they lie by default."""
