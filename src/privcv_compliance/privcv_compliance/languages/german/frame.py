# SPDX-License-Identifier: Apache-2.0
"""German for what every document has: headings, marks, numbers with nouns."""

FRAME = {
    "Attention: {text}": "Achtung: {text}",
    "Evidence": "Belege",
    "file": "Datei",
    "setting": "Einstellung",
    "entry": "Eintrag",
    "query": "Abfrage",
    "command": "Befehl",
    "law": "Recht",
    "scan": "Durchsicht",
    "answer": "Antwort",
    "maker": "Hersteller",
    "{title} · page {number}": "{title} · Seite {number}",
    "{number} camera": "{number} Kamera",
    "{number} cameras": "{number} Kameras",
    "{number} file": "{number} Datei",
    "{number} files": "{number} Dateien",
}
