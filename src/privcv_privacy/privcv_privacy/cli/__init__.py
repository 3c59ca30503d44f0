# SPDX-License-Identifier: Apache-2.0
"""Commands of this package, loaded lazily by the root command ``privcv``."""
