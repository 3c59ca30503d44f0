# SPDX-License-Identifier: Apache-2.0
"""German: one file per kind of document."""

from privcv_compliance.languages.german.frame import FRAME

GERMAN: dict[str, str] = {**FRAME}
"""English sentence -> German sentence."""
