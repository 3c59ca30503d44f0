# SPDX-License-Identifier: Apache-2.0
"""Japanese, for what people are told: sign, notice, fact sheet, letter."""

from privcv_compliance.languages.japanese.letter import COMMON, LETTER, STAFF
from privcv_compliance.languages.japanese.notice import NOTICE, SIGN

JAPANESE: dict[str, str] = {**COMMON, **SIGN, **NOTICE, **STAFF, **LETTER}
"""English sentence -> Japanese sentence."""
