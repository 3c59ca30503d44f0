# SPDX-License-Identifier: Apache-2.0
"""Spanish, for what people are told: sign, notice, fact sheet, letter."""

from privcv_compliance.languages.spanish.letter import COMMON, LETTER, STAFF
from privcv_compliance.languages.spanish.notice import NOTICE, SIGN

SPANISH: dict[str, str] = {**COMMON, **SIGN, **NOTICE, **STAFF, **LETTER}
"""English sentence -> Spanish sentence."""
