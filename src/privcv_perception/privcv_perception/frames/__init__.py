# SPDX-License-Identifier: Apache-2.0
"""Memory of frames: buffers that are reused and wiped, and hardening of the process."""
