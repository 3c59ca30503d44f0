# SPDX-License-Identifier: Apache-2.0
"""Live: images of a topic with nobody in them, a second later, or not at all."""
