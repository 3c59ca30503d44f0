# SPDX-License-Identifier: Apache-2.0
"""German for what the lint of authorizations finds."""

LINT = {
    "Of the record of camera '{camera}' ({field}): {what}.": (
        "Zur Genehmigung der Kamera '{camera}' ({field}): {what}."
    ),
    "Of the record of camera '{camera}' ({field}): {what}. Its signer says: {reason}": (
        "Zur Genehmigung der Kamera '{camera}' ({field}): {what}. Wer unterschrieb, sagt: {reason}"
    ),
    "The record of camera '{camera}' would not be signed today ({field}): {what}.": (
        "Die Genehmigung der Kamera '{camera}' würde heute nicht unterschrieben ({field}): {what}."
    ),
    "'{text}' says nothing: fill it in": "'{text}' sagt nichts: ausfüllen",
    "'{text}' reaches nobody: name an e-mail, a page, a phone number or an address": (
        "'{text}' erreicht niemanden: E-Mail, Seite, Telefon oder Anschrift nennen"
    ),
    "is too short to be a specified purpose": "ist zu kurz, um ein festgelegter Zweck zu sein",
    "'{word}': no camera belongs where people undress, wash or are treated": (
        "'{word}': Wo Menschen sich ausziehen, waschen oder behandelt werden, gehört keine Kamera "
        "hin"
    ),
    "'{word}': staff withdraw there; national law decides, ask counsel": (
        "'{word}': Dorthin ziehen sich Beschäftigte zurück; nationales Recht entscheidet, "
        "anwaltlich prüfen lassen"
    ),
    "'{word}': people may expect not to be watched where they rest": (
        "'{word}': Wo Menschen sich erholen, dürfen sie erwarten, nicht beobachtet zu werden"
    ),
    "'{word}': being there may tell health, religion or opinion": (
        "'{word}': Dort zu sein kann etwas über Gesundheit, Religion oder Meinung sagen"
    ),
    "'{word}': children merit specific protection": "'{word}': Kinder verdienen besonderen Schutz",
    "'{word}': counts tell nothing of single people": (
        "'{word}': Zählungen sagen nichts über Einzelne"
    ),
    "'{word}': this must not measure staff; national law: ask counsel": (
        "'{word}': Dies darf keine Beschäftigten messen; nationales Recht: anwaltlich prüfen lassen"
    ),
    "'{word}': people who pass do not expect to be watched for marketing": (
        "'{word}': Wer vorbeigeht, erwartet nicht, für Werbung beobachtet zu werden"
    ),
    "'{word}' alone is not specific enough, and counting hardly serves it": (
        "'{word}' allein ist nicht bestimmt genug, und Zählen dient dem kaum"
    ),
    "who walks by consents to nothing, and staff hardly freely: another basis, or say "
    "how each person agrees before the camera sees them": (
        "wer vorbeigeht, willigt in nichts ein, und Beschäftigte kaum freiwillig: eine andere "
        "Grundlage, oder sagen, wie jeder Mensch zustimmt, bevor die Kamera ihn sieht"
    ),
    "a company needs a law that gives it a public task: ask counsel": (
        "ein Unternehmen braucht ein Gesetz, das ihm eine öffentliche Aufgabe gibt: anwaltlich "
        "prüfen lassen"
    ),
    "a public authority cannot rest its tasks on legitimate interests": (
        "eine Behörde kann ihre Aufgaben nicht auf berechtigte Interessen stützen"
    ),
    "counting people rarely rests on this basis: ask counsel": (
        "Menschen zu zählen beruht selten auf dieser Grundlage: anwaltlich prüfen lassen"
    ),
    "name the law in the assessment (purpose.legal_task): ask counsel": (
        "das Gesetz in der Abschätzung nennen (purpose.legal_task): anwaltlich prüfen lassen"
    ),
    "all day, every day: fewer hours may do": (
        "jeden Tag rund um die Uhr: Weniger Stunden genügen vielleicht"
    ),
    "is valid for more than two years: what is right may change before that": (
        "gilt länger als zwei Jahre: Was richtig ist, kann sich vorher ändern"
    ),
    "is empty: people at the door find no full notice": (
        "ist leer: Wer an der Tür steht, findet keinen vollen Hinweis"
    ),
}
