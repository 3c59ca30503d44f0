# SPDX-License-Identifier: Apache-2.0
"""The built-in detector: HOG windows over a background model; nothing to download."""
