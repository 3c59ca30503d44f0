# SPDX-License-Identifier: Apache-2.0
"""Detectors that are ONNX networks: models, letterbox, inference, decoding, zoom crops."""
