# SPDX-License-Identifier: Apache-2.0
"""German for what records, settings, the audit log and measurements say."""

EVIDENCE = {
    # records
    "consent (GDPR Art. 6(1)(a))": "Einwilligung (Art. 6 Abs. 1 Buchst. a DSGVO)",
    "a contract (GDPR Art. 6(1)(b))": "ein Vertrag (Art. 6 Abs. 1 Buchst. b DSGVO)",
    "a legal obligation (GDPR Art. 6(1)(c))": (
        "eine rechtliche Verpflichtung (Art. 6 Abs. 1 Buchst. c DSGVO)"
    ),
    "vital interests (GDPR Art. 6(1)(d))": (
        "lebenswichtige Interessen (Art. 6 Abs. 1 Buchst. d DSGVO)"
    ),
    "a task in the public interest (GDPR Art. 6(1)(e))": (
        "eine Aufgabe im öffentlichen Interesse (Art. 6 Abs. 1 Buchst. e DSGVO)"
    ),
    "legitimate interests (GDPR Art. 6(1)(f))": (
        "berechtigte Interessen (Art. 6 Abs. 1 Buchst. f DSGVO)"
    ),
    "Monday": "Montag",
    "Tuesday": "Dienstag",
    "Wednesday": "Mittwoch",
    "Thursday": "Donnerstag",
    "Friday": "Freitag",
    "Saturday": "Samstag",
    "Sunday": "Sonntag",
    "{first} to {last}": "{first} bis {last}",
    "Camera '{camera}' needs no authorization: that is for demonstrations only.": (
        "Kamera '{camera}' braucht keine Genehmigung: Das ist nur für Vorführungen."
    ),
    "Camera '{camera}' has no authorization record that can be read; it stays closed.": (
        "Kamera '{camera}' hat keine lesbare Genehmigung; sie bleibt zu."
    ),
    "Camera '{camera}' has no authorization record that can be read.": (
        "Kamera '{camera}' hat keine lesbare Genehmigung."
    ),
    "Camera '{camera}' sees: {area}.": "Kamera '{camera}' sieht: {area}.",
    "Purpose: {purpose}.": "Zweck: {purpose}.",
    "Use of the totals: {use}.": "Nutzung der Summen: {use}.",
    "statistics; they are looked at afterwards": "Statistik; sie werden nachträglich angesehen",
    "operational; somebody acts on them at once": "Betrieb; jemand handelt sofort danach",
    "none; images without people are shown": "keine; Bilder ohne Menschen werden gezeigt",
    "Lawful basis: {basis}.": "Rechtsgrundlage: {basis}.",
    "Controller: {controller}; contact: {contact}.": (
        "Verantwortlich: {controller}; Kontakt: {contact}."
    ),
    "Hours ({zone}): {hours}.": "Zeiten ({zone}): {hours}.",
    "Authorized by {by}, from {begin} until {end} ({zone}).": (
        "Genehmigt durch: {by}, von {begin} bis {end} ({zone})."
    ),
    "Whether it was withdrawn is not known: {error}.": (
        "Ob sie widerrufen wurde, ist nicht bekannt: {error}."
    ),
    "The record is not in force: {reason}.": "Die Genehmigung gilt nicht: {reason}.",
    # settings
    "Camera '{camera}' reads {source}, "
    "detects people, follows them on the floor and counts them in the zones {zones}.": (
        "Kamera '{camera}' liest {source}, erkennt Menschen, verfolgt sie auf dem Boden und zählt "
        "sie in den Zonen {zones}."
    ),
    "a camera on this device": "eine Kamera an diesem Gerät",
    "a network camera": "eine Netzwerkkamera",
    "a video file": "eine Videodatei",
    "a topic of images": "ein Thema mit Bildern",
    "an unknown source": "eine unbekannte Quelle",
    "What else '{camera}' does with its images, and who else sees them, this system "
    "does not see: the controller has to.": (
        "Was '{camera}' sonst mit ihren Bildern tut und wer sie noch sieht, sieht dieses System "
        "nicht: Darauf hat der Verantwortliche zu achten."
    ),
    "Places leave the camera process as the cells of {cell:g} m that a person was in, "
    "once in {tick} s, in an order that does not tell the way taken.": (
        "Orte verlassen den Kameraprozess als die Zellen von {cell:g} m, in denen ein Mensch war, "
        "einmal in {tick} s, in einer Reihenfolge, die den Weg nicht verrät."
    ),
    "Camera '{camera}' tells no size of anybody.": (
        "Kamera '{camera}' meldet von niemandem eine Größe."
    ),
    "Camera '{camera}' tells a size class by footprint (below {small:g} m2, below "
    "{large:g} m2, larger) to the process that counts, which does not count by it: {use}.": (
        "Kamera '{camera}' meldet dem zählenden Prozess eine Größenklasse nach Standfläche (unter "
        "{small:g} m2, unter {large:g} m2, größer), nach der er nicht zählt: {use}."
    ),
    "it decides who may swap identities with whom": (
        "sie entscheidet, wer mit wem Kennungen tauschen darf"
    ),
    "nothing reads it": "nichts liest sie",
    "Which of these lines somebody crossed, and which way, leaves the camera process "
    "with the cells, and is not counted: {lines}.": (
        "Welche dieser Linien jemand überschritt und in welche Richtung, verlässt den "
        "Kameraprozess mit den Zellen und wird nicht gezählt: {lines}."
    ),
    "Which of these lines somebody crossed, and which way, leaves the camera process "
    "with the cells, and is counted as entries and exits: {lines}.": (
        "Welche dieser Linien jemand überschritt und in welche Richtung, verlässt den "
        "Kameraprozess mit den Zellen und wird als Ein- und Austritt gezählt: {lines}."
    ),
    "What leaves is: {statistics}. All of it is paid from one budget of each {unit}.": (
        "Hinaus geht: {statistics}. Alles davon wird aus einem Budget je Einheit ({unit}) bezahlt."
    ),
    "how many people were in a zone": "wie viele Menschen in einer Zone waren",
    "where they headed": "wohin sie gingen",
    "how long they stayed": "wie lange sie blieben",
    "how many were there on average": "wie viele im Mittel dort waren",
    "how many crossed a line, each way": "wie viele eine Linie überschritten, je Richtung",
    "how many visits began in a day": "wie viele Besuche an einem Tag begannen",
    "These parts of its image are blacked out before any detector: {names}.": (
        "Diese Teile ihres Bildes werden vor jeder Erkennung geschwärzt: {names}."
    ),
    "No part of its image is blacked out.": "Kein Teil ihres Bildes wird geschwärzt.",
    "Entries of the audit log are kept for {days} days of running time: "
    "a full file whose last entry is older is deleted once another one is full.": (
        "Einträge des Prüfprotokolls bleiben {days} Tage Laufzeit lang: Eine volle Datei, "
        "deren letzter Eintrag älter ist, wird gelöscht, sobald eine weitere voll ist."
    ),
    "Of staff, the audit log holds which account of this machine answered a request, with the "
    "time, as long as its other entries: {days} days of running time.": (
        "Von Beschäftigten hält das Prüfprotokoll fest, welches Konto dieses Rechners eine Anfrage "
        "beantwortete und wann, so lange wie seine anderen Einträge: {days} Tage Laufzeit."
    ),
    "Reports stay on the device: no collector is set.": (
        "Berichte bleiben auf dem Gerät: Es ist kein Sammler eingestellt."
    ),
    "Reports go to {collector}, over TLS pinned to {keys}.": (
        "Berichte gehen an {collector}, über TLS, festgelegt auf {keys}."
    ),
    "Reports are signed, and go to {collector} by the transport '{kind}' of another "
    "package: whether they are encrypted on the way is not known.": (
        "Berichte sind unterschrieben und gehen mit dem Transport '{kind}' eines anderen Pakets an "
        "{collector}: Ob sie unterwegs verschlüsselt sind, ist nicht bekannt."
    ),
    "Reports are signed, and sent by '{kind}' of another package": (
        "Berichte sind unterschrieben und werden von '{kind}' eines anderen Pakets gesendet"
    ),
    "whether they are encrypted on the way is not known": (
        "ob sie unterwegs verschlüsselt sind, ist nicht bekannt"
    ),
    "{number} key": "{number} Schlüssel",
    "{number} keys": "{number} Schlüssel",
    # the audit log
    "The audit log knows of no release that was transmitted.": (
        "Das Prüfprotokoll kennt keine Veröffentlichung, die gesendet wurde."
    ),
    "Transmitted to {collector}: {releases}, last on {when}.": (
        "Gesendet an {collector}: {releases}, zuletzt am {when}."
    ),
    "{number} release": "{number} Veröffentlichung",
    "{number} releases": "{number} Veröffentlichungen",
    "There is no audit log: nothing of what follows could be checked.": (
        "Es gibt kein Prüfprotokoll: Nichts von dem, was folgt, war zu prüfen."
    ),
    "The audit log is whole in itself: {chains}, {entries} entries. "
    "That none was cut off at an end shows only against checkpoints kept elsewhere.": (
        "Das Prüfprotokoll ist in sich ganz: {chains}, {entries} Einträge. Dass an keinem Ende "
        "etwas abgeschnitten wurde, zeigen nur anderswo aufbewahrte Prüfpunkte."
    ),
    "{number} chain": "{number} Kette",
    "{number} chains": "{number} Ketten",
    "The audit log was touched: {problem}.": "Das Prüfprotokoll wurde verändert: {problem}.",
    "Camera '{camera}': frames processed and wiped: not measured.": (
        "Kamera '{camera}': verarbeitete und überschriebene Bilder: nicht gemessen."
    ),
    "Since {since}, the oldest entry kept, camera '{camera}' looked "
    "at {frames} frames in {hours:.2f} h and wiped "
    "{wiped} of them.": (
        "Seit {since}, dem ältesten Eintrag, sah Kamera '{camera}' {frames} Bilder in "
        "{hours:.2f} h an und überschrieb {wiped} davon."
    ),
    "Camera '{camera}' replaced its identities {times}, "
    "{forced} of them on request, last on "
    "{when}.": (
        "Kamera '{camera}' ersetzte ihre Kennungen {times}, davon {forced} auf Wunsch, zuletzt am "
        "{when}."
    ),
    "Camera '{camera}' was paused {times} for an objection, last on {when}.": (
        "Kamera '{camera}' wurde {times} wegen eines Widerspruchs angehalten, zuletzt am {when}."
    ),
    "once": "einmal",
    "{number} times": "{number}-mal",
    "The gate of camera '{camera}' last opened on {when}.": (
        "Die Sperre der Kamera '{camera}' öffnete zuletzt am {when}."
    ),
    "The gate of camera '{camera}' last closed on {when} ({reason}).": (
        "Die Sperre der Kamera '{camera}' schloss zuletzt am {when} ({reason})."
    ),
    "The settings of '{what}' were last changed on {when} (digest {digest}).": (
        "Die Einstellungen von '{what}' wurden zuletzt am {when} geändert (Prüfsumme {digest})."
    ),
    "The settings of '{what}' are those of the start on {when} (digest {digest}).": (
        "Die Einstellungen von '{what}' sind die vom Start am {when} (Prüfsumme {digest})."
    ),
    "Requests of data subjects: {received} received, {answered} answered.": (
        "Anfragen Betroffener: {received} erhalten, {answered} beantwortet."
    ),
    "Fault on {when} in {where}: {what}.": "Störung am {when} in {where}: {what}.",
    # measurements
    "{what}: not measured ({how}).": "{what}: nicht gemessen ({how}).",
    "{what}: {stated}.": "{what}: {stated}.",
    "{value} (measured {day} by privcv {version} with '{how}')": (
        "{value} (gemessen am {day} von privcv {version} mit '{how}')"
    ),
    "{value} (stated by the operator on {day}, with '{how}')": (
        "{value} (vom Betreiber angegeben am {day}, mit '{how}')"
    ),
    "People whose new identity an attacker linked to the old one": (
        "Menschen, deren neue Kennung ein Angreifer mit der alten verknüpfte"
    ),
    "Advantage of an attacker who guesses from reports whether somebody was there": (
        "Vorteil eines Angreifers, der aus Berichten errät, ob jemand dort war"
    ),
    "Frames' worth of pixels found in the memory of a camera process after use": (
        "Bildinhalt, der nach Gebrauch im Speicher eines Kameraprozesses gefunden wurde, Bilder"
    ),
    "Time from a withdrawal until the camera stopped looking, s": (
        "Zeit von einem Widerruf, bis die Kamera nicht mehr hinsah, s"
    ),
    "Accuracy of the released totals against the truth": (
        "Genauigkeit der veröffentlichten Summen gegenüber der Wahrheit"
    ),
    "bounded by epsilon above": "begrenzt durch Epsilon oben",
    "Who listens on the running graph: not measured.": (
        "Wer im laufenden System mithört: nicht gemessen."
    ),
    "What the guard finds on the graph last changed on {when}: {findings}.": (
        "Was der Wächter im System findet, änderte sich zuletzt am {when}: {findings}."
    ),
    "{number} finding": "{number} Fund",
    "{number} findings": "{number} Funde",
    "Epsilon spent: not measured; there is no ledger yet.": (
        "Ausgegebenes Epsilon: nicht gemessen; es gibt noch kein Kassenbuch."
    ),
    "Epsilon spent: not measured; {error}.": "Ausgegebenes Epsilon: nicht gemessen; {error}.",
    "Epsilon spent: not measured; nothing was paid for yet.": (
        "Ausgegebenes Epsilon: nicht gemessen; es wurde noch für nichts bezahlt."
    ),
    "One {unit} under camera '{camera}' may have paid "
    "epsilon {spent:.3g} of {limit:.3g} for {share} so far.": (
        "Eine Einheit ({unit}) unter Kamera '{camera}' kann bisher Epsilon {spent:.3g} von "
        "{limit:.3g} für {share} bezahlt haben."
    ),
    "all together": "alles zusammen",
    "occupancy and flow": "Belegung und Richtung",
    "dwell": "Verweildauer",
    "the visits begun in a day": "die an einem Tag begonnenen Besuche",
    "sums over several sites": "Summen über mehrere Standorte",
    "entries and exits": "Ein- und Austritte",
    "presence and queues": "Anwesenheit und Schlangen",
    "the count of what was dropped": "die Zahl der Weggelassenen",
    "Coverage of the reports: not measured; {error}.": (
        "Abdeckung der Berichte: nicht gemessen; {error}."
    ),
    "Coverage of the reports: not measured.": "Abdeckung der Berichte: nicht gemessen.",
    "Coverage: the reports that are still in the ledger rest on {coverage:.0%} of their time; "
    "the rest was not observed.": (
        "Abdeckung: Die Berichte, die noch im Kassenbuch stehen, beruhen auf {coverage:.0%} ihrer "
        "Zeit; der Rest wurde nicht beobachtet."
    ),
}
