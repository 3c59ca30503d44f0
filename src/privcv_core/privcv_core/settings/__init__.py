# SPDX-License-Identifier: Apache-2.0
"""Settings: declared once as pydantic models, read from YAML or flat, dotted names."""
