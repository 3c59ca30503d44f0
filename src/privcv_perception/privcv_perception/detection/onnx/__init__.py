# SPDX-License-Identifier: Apache-2.0
"""Detectors that are ONNX networks: registry, decoding, non-maximum suppression input."""
