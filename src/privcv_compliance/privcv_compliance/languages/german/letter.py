# SPDX-License-Identifier: Apache-2.0
"""German for the letter to a citizen."""

LETTER = {
    "Our answer to you": "Unsere Antwort an Sie",
    "{controller}, {address}. {day:day}. Our reference: {reference}.": (
        "{controller}, {address}. {day:day}. Unser Zeichen: {reference}."
    ),
    "What we did": "Was wir getan haben",
    "You asked us on {received:day} what we hold of you.": (
        "Sie haben uns am {received:day} gefragt, was wir von Ihnen haben."
    ),
    "You asked us on {received:day} to erase what we hold of you.": (
        "Sie haben uns am {received:day} gebeten, zu löschen, was wir von Ihnen haben."
    ),
    "You told us on {received:day} that you object to being counted.": (
        "Sie haben am {received:day} widersprochen, gezählt zu werden."
    ),
    "You asked us on {received:day} to restrict what we do with your data.": (
        "Sie haben uns am {received:day} gebeten, weniger mit Ihren Daten zu tun."
    ),
    "You asked us on {received:day} to correct what we hold of you.": (
        "Sie haben uns am {received:day} gebeten, zu berichtigen, was wir von Ihnen haben."
    ),
    "On {day:day} we looked at every file of the device and at what it holds in memory. We found "
    "nothing that we can say is yours: no image, no name, no place.": (
        "Am {day:day} haben wir jede Datei des Geräts angesehen und was es im Speicher hat. Wir "
        "haben nichts gefunden, von dem wir sagen können, es sei von Ihnen: kein Bild, keinen "
        "Namen, keinen Ort."
    ),
    "While you were in view, the device followed you under a number of its own. After you left, "
    "it forgot it within {minutes} minutes.": (
        "Solange Sie im Bild waren, ist das Gerät Ihnen unter einer eigenen Nummer gefolgt. Als "
        "Sie weg waren, hat es sie binnen {minutes} Minuten vergessen."
    ),
    "On {day:day} we had the cameras forget all that they held in memory. We did so for everybody "
    "who was in view, because we cannot tell who is who.": (
        "Am {day:day} haben die Kameras alles vergessen, was sie im Speicher hatten. Das galt für "
        "alle im Bild, denn wir wissen nicht, wer wer ist."
    ),
    "The totals stay. They are about many people and tell nothing of you.": (
        "Die Summen bleiben. Sie handeln von vielen Menschen und sagen nichts über Sie."
    ),
    "We follow your objection.": "Wir folgen Ihrem Widerspruch.",
    "We could not do so, because we cannot find out which data are yours.": (
        "Das konnten wir nicht tun, weil wir nicht wissen können, welche Daten Ihre sind."
    ),
    "Why we do not know more": "Warum wir nicht mehr wissen",
    "The camera counts people. It stores no image and recognizes nobody. What we keep are totals "
    "of many people, made inexact on purpose.": (
        "Die Kamera zählt Menschen. Sie speichert kein Bild und erkennt niemanden. Was wir "
        "behalten, sind Summen über viele Menschen, mit Absicht ungenau gemacht."
    ),
    "So we cannot tell which of the people was you. The law does not make us find out who you are "
    "only to answer you (GDPR Art. 11).": (
        "Darum wissen wir nicht, wer von ihnen Sie waren. Das Gesetz verlangt nicht, dass wir es "
        "nur für eine Antwort herausfinden (Art. 11 DSGVO)."
    ),
    "For the same reason you cannot have data corrected, erased or restricted here, unless you "
    "help us find them.": (
        "Aus demselben Grund gibt es hier keine Berichtigung, Löschung oder Einschränkung, außer "
        "Sie helfen uns, Ihre Daten zu finden."
    ),
    "How you can help us": "Wie Sie uns helfen können",
    "You can also ask us first: {contact}. An answer costs nothing.": (
        "Sie können auch zuerst uns fragen: {contact}. Eine Antwort kostet nichts."
    ),
}
