# SPDX-License-Identifier: Apache-2.0
"""The frame of every lifecycle node: process, health, QoS, environment."""
