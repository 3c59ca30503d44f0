# SPDX-License-Identifier: Apache-2.0
"""French, for what people are told: sign, notice, fact sheet, letter."""

from privcv_compliance.languages.french.letter import COMMON, LETTER, STAFF
from privcv_compliance.languages.french.notice import NOTICE, SIGN

FRENCH: dict[str, str] = {**COMMON, **SIGN, **NOTICE, **STAFF, **LETTER}
"""English sentence -> French sentence."""
