# SPDX-License-Identifier: Apache-2.0
"""Authorization: the signed record of who permitted a camera, the gate that decides by it."""
