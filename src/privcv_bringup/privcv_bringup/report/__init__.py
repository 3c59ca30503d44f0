# SPDX-License-Identifier: Apache-2.0
"""Pictures of what was released, as people read them."""
