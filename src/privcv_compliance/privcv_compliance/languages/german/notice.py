# SPDX-License-Identifier: Apache-2.0
"""German for the sign, the whole notice and the fact sheet."""

SIGN = {
    "People are counted here": "Hier werden Menschen gezählt",
    "People will be counted here from {begin:day} on": (
        "Ab dem {begin:day} werden hier Menschen gezählt"
    ),
    "A camera counts. No image is stored, and nobody is recognized.": (
        "Eine Kamera zählt. Kein Bild wird gespeichert, und niemand wird erkannt."
    ),
    "Where": "Wo",
    "What for": "Wofür",
    "Lawful basis": "Rechtsgrundlage",
    "Legitimate interest": "Berechtigtes Interesse",
    "When": "Wann",
    "{hours} ({zone})": "{hours} ({zone})",
    "What is kept": "Was bleibt",
    "Totals of many people, made inexact on purpose, for {days} days.": (
        "Summen über viele Menschen, mit Absicht ungenau gemacht, für {days} Tage."
    ),
    "Sent abroad": "Übermittlung ins Ausland",
    "Controller": "Verantwortlich",
    "Contact": "Kontakt",
    "Data protection officer": "Beauftragte für Datenschutz",
    "Your rights": "Ihre Rechte",
    "You may ask what is held of you, and have it corrected, erased or restricted.": (
        "Sie haben ein Recht auf Auskunft, Berichtigung, Löschung und Einschränkung der "
        "Verarbeitung."
    ),
    "You may ask what is held of you, have it corrected, erased or restricted, and withdraw your "
    "consent at any time.": (
        "Sie haben ein Recht auf Auskunft, Berichtigung, Löschung und Einschränkung der "
        "Verarbeitung. Ihre Einwilligung können Sie jederzeit widerrufen."
    ),
    "Objection": "Widerspruch",
    "You may object at any time, on grounds of your own situation.": (
        "Sie können jederzeit widersprechen, aus Gründen Ihrer besonderen Situation."
    ),
    "Without a count": "Ungezählt",
    "Pause": "Pause",
    "Ask here: {desk}. Then nobody is counted for some minutes, and you need not say who you "
    "are.": (
        "Fragen Sie hier: {desk}. Dann wird einige Minuten lang niemand gezählt, und Sie müssen "
        "nicht sagen, wer Sie sind."
    ),
    "Complaint": "Beschwerde",
    "Permitted": "Erlaubt",
    "until {end:day}": "bis zum {end:day}",
    "The whole notice, and how to reach us:": "Der ganze Hinweis, und wie Sie uns erreichen:",
    "Camera {camera}, {site}. Record {id}": "Kamera {camera}, {site}. Erlaubnis {id}",
}

NOTICE = {
    "How people are counted: {site}": "Wie Menschen gezählt werden: {site}",
    "This is the whole notice to the sign at the door, as of {day:day}.": (
        "Dies ist der ganze Hinweis zum Schild an der Tür, Stand {day:day}."
    ),
    "Who is responsible": "Wer verantwortlich ist",
    "Controller: {controller}, {address}.": "Verantwortlich: {controller}, {address}.",
    "Contact: {contact}.": "Kontakt: {contact}.",
    "Data protection officer: {contact}.": "Datenschutzbeauftragte: {contact}.",
    "There is no data protection officer; turn to the contact above.": (
        "Es gibt keine Datenschutzbeauftragten; wenden Sie sich an den Kontakt oben."
    ),
    "Responsible together with us: {joint}.": "Gemeinsam mit uns verantwortlich: {joint}.",
    "What the camera does": "Was die Kamera tut",
    "Camera {camera} sees {area}. It counts at these hours: {hours} ({zone}).": (
        "Kamera {camera} sieht: {area}. Sie zählt zu diesen Zeiten: {hours} ({zone})."
    ),
    "A program in the device looks at each image and overwrites it at once. The device sends no "
    "image.": (
        "Ein Programm im Gerät sieht jedes Bild an und überschreibt es sofort. Das Gerät "
        "verschickt kein Bild."
    ),
    "While you are in view, the program follows you under a number. Nobody can tell that the "
    "number is you. It is never written down, and it is replaced after at most {minutes} minutes. "
    "Until then it counts as personal data.": (
        "Solange Sie im Bild sind, folgt das Programm Ihnen unter einer Nummer. Niemand weiß, dass "
        "Sie das sind. Die Nummer wird nie aufgeschrieben und nach höchstens {minutes} Minuten "
        "ersetzt. Bis dahin gehört sie zu den personenbezogenen Daten."
    ),
    "Nobody's face, age, sex or mood is told.": (
        "Von niemandem wird Gesicht, Alter, Geschlecht oder Stimmung bestimmt."
    ),
    "What leaves the device are totals, such as how many people were in a part of the room in "
    "{minutes} minutes. To each, a random number is added. So no total tells for certain whether "
    "you were there.": (
        "Aus dem Gerät kommen nur Summen, etwa wie viele Menschen in {minutes} Minuten in einem "
        "Teil des Raums waren. Zu jeder kommt eine zufällige Zahl. So verrät keine Summe mit "
        "Sicherheit, ob Sie da waren."
    ),
    "A total of fewer than {k} people, as it is told, is not shown.": (
        "Eine Summe, die weniger als {k} Menschen nennt, wird nicht gezeigt."
    ),
    "Camera {camera}: {purpose}.": "Kamera {camera}: {purpose}.",
    "What is decided by it: {decisions}": "Was damit entschieden wird: {decisions}",
    "We do this on the basis of {basis}.": "Die Rechtsgrundlage ist: {basis}.",
    "Our interest: {interest}": "Unser Interesse: {interest}",
    "The law behind it: {law}": "Das Gesetz dazu: {law}",
    "What is kept, and who gets it": "Was bleibt, und wer es bekommt",
    "Who reads them: {readers}.": "Wer sie liest: {readers}.",
    "Who works for us: {who}.": "Wer für uns arbeitet: {who}.",
    "Sent to countries outside the European Economic Area: {what}.": (
        "Übermittelt in Länder außerhalb des Europäischen Wirtschaftsraums: {what}."
    ),
    "Sums over several places are made of ours, too; whoever makes them does not see what "
    "was counted here.": (
        "Auch Summen über mehrere Orte entstehen daraus; wer sie bildet, sieht nicht, was "
        "hier gezählt wurde."
    ),
    "Nothing is sent to countries outside the European Economic Area.": (
        "Nichts geht in Länder außerhalb des Europäischen Wirtschaftsraums."
    ),
    "How not to be counted": "Wie Sie nicht gezählt werden",
    "Somebody acts on the totals of camera {camera} at once. So we refuse no objection for the "
    "reason that they are statistics.": (
        "Nach den Summen der Kamera {camera} wird sofort gehandelt. Wir lehnen darum keinen "
        "Widerspruch mit dem Grund ab, es sei eine Statistik."
    ),
    "The totals of camera {camera} are used for statistics only.": (
        "Die Summen der Kamera {camera} dienen nur der Statistik."
    ),
    "We do not know who you are, and the law does not make us find out.": (
        "Wir wissen nicht, wer Sie sind, und das Gesetz verlangt nicht, dass wir es herausfinden."
    ),
    "If you ask, tell us where you were, on which day and at what time. We then look whether "
    "there is anything of yours. You need no identity card and no photo for it.": (
        "Wenn Sie fragen, sagen Sie uns, wo Sie waren, an welchem Tag und um welche Zeit. Dann "
        "sehen wir nach, ob etwas von Ihnen da ist. Dazu brauchen Sie keinen Ausweis und kein Foto."
    ),
    "No decision about you is made by a machine, and nothing obliges you to be counted.": (
        "Keine Maschine entscheidet über Sie, und nichts verpflichtet Sie, sich zählen zu lassen."
    ),
    "This is permitted until {end:day}.": "Erlaubt ist das bis zum {end:day}.",
    "If you are not satisfied": "Wenn Sie nicht einverstanden sind",
    "You have the right to lodge a complaint with a supervisory authority. Ours is: {authority}.": (
        "Sie haben das Recht auf Beschwerde bei einer Aufsichtsbehörde. Unsere ist: {authority}."
    ),
    "You can also go to court.": "Sie können auch vor Gericht gehen.",
}

STAFF = {
    "Facts for staff and the works council: {site}": (
        "Tatsachen für Beschäftigte und Betriebs- oder Personalrat: {site}"
    ),
    "As of {day:day}.": "Stand {day:day}.",
    "What the cameras see": "Was die Kameras sehen",
    "Camera {camera}: blacked out before any program looks: {zones}.": (
        "Kamera {camera}: geschwärzt, bevor ein Programm hinsieht: {zones}."
    ),
    "Camera {camera}: nothing is blacked out. Is a workplace in view?": (
        "Kamera {camera}: nichts ist geschwärzt. Ist ein Arbeitsplatz im Bild?"
    ),
    "Camera {camera}: these parts of the floor are counted: {zones}.": (
        "Kamera {camera}: auf diesen Teilen des Bodens wird gezählt: {zones}."
    ),
    "What can be told of you": "Was sich über Sie sagen lässt",
    "No image is stored or sent, and nobody is recognized.": (
        "Kein Bild wird gespeichert oder verschickt, und niemand wird erkannt."
    ),
    "Staff are counted like everybody else: a total of {minutes} minutes does not say who was "
    "there, nor what anybody did.": (
        "Beschäftigte werden gezählt wie alle anderen: Eine Summe über {minutes} Minuten sagt "
        "nicht, wer da war, und nicht, was jemand getan hat."
    ),
    "Each visit is protected, not a working day. Who is there for hours is counted as many "
    "visits, and the protection of all of them together is weaker. The impact assessment says by "
    "how much.": (
        "Geschützt ist jeder Besuch, nicht ein Arbeitstag. Wer Stunden da ist, zählt als viele "
        "Besuche, und alle zusammen sind schwächer geschützt. Um wie viel, sagt die "
        "Folgenabschätzung."
    ),
    "At hours when only staff are there, a total is about staff. Such hours are best left out of "
    "the authorized hours.": (
        "Zu Zeiten, in denen nur Beschäftigte da sind, handelt eine Summe von ihnen. Solche "
        "Zeiten bleiben am besten außerhalb der erlaubten."
    ),
    "What was agreed": "Was vereinbart ist",
    "What is done for staff: {what}": "Was für Beschäftigte getan wird: {what}",
    "How staff were heard: {what}": "Wie Beschäftigte gehört wurden: {what}",
    "How staff were heard has not been answered yet.": (
        "Wie Beschäftigte gehört wurden, ist noch nicht beantwortet."
    ),
    "Whether the works council has to agree is national law: ask counsel.": (
        "Ob der Betriebs- oder Personalrat zustimmen muss, ist nationales Recht: anwaltlich "
        "prüfen lassen."
    ),
    "How a change is noticed": "Wie eine Änderung auffällt",
    "Another purpose, place or hour needs another signed record: without it the camera stays "
    "closed.": (
        "Ein anderer Zweck, Ort oder eine andere Zeit braucht eine andere unterschriebene "
        "Erlaubnis: Ohne sie bleibt die Kamera zu."
    ),
    "Every change of a setting is in the audit log, which is kept for {days} days and shows what "
    "was deleted from it.": (
        "Jede Änderung einer Einstellung steht im Prüfprotokoll, das {days} Tage aufbewahrt wird "
        "und zeigt, was daraus gelöscht wurde."
    ),
}
