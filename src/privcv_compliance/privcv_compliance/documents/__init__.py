# SPDX-License-Identifier: Apache-2.0
"""Documents whose every sentence names its evidence, and the files they are written to."""
