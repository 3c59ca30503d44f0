# SPDX-License-Identifier: Apache-2.0
"""Commands of the command line, one module each; every one exposes ``command``."""
