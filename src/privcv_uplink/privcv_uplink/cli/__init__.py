# SPDX-License-Identifier: Apache-2.0
"""Commands of ``privcv``: each module holds one, named ``command``."""
