# SPDX-License-Identifier: Apache-2.0
"""A day as people of a language write it, the month in words: 1 December 2026, 1er décembre 2026.

Forms are those of the Unicode CLDR ("long" dates).
"""

from datetime import date

_MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio "
    "julio agosto septiembre octubre noviembre diciembre",
}
_FORMS = {
    "en": "{day} {month} {year}",
    "de": "{day}. {month} {year}",
    "fr": "{day} {month} {year}",
    "es": "{day} de {month} de {year}",
}


def day_text(day: date, language: str) -> str:
    """``day`` in ``language``; in one that is not known here as ISO 8601 writes it."""
    if language == "ja":
        return f"{day.year}年{day.month}月{day.day}日"
    if language not in _FORMS:
        return f"{day:%Y-%m-%d}"
    number = "1er" if language == "fr" and day.day == 1 else str(day.day)
    month = _MONTHS[language].split()[day.month - 1]
    return _FORMS[language].format(day=number, month=month, year=day.year)
