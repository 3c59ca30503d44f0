# SPDX-License-Identifier: Apache-2.0
"""German for what is kept, where and for how long."""

RETENTION = {
    "{days} days of running time after they expired or were withdrawn": (
        "{days} Tage Laufzeit, nachdem sie abliefen oder widerrufen wurden"
    ),
    "deletion, recorded in the log": "Löschung, die im Protokoll steht",
    "Register of requests and breaches: case numbers, days, no names": (
        "Verzeichnis der Anträge und Verletzungen: Aktenzeichen, Tage, keine Namen"
    ),
    "{days} days of running time, and while one is open": (
        "{days} Tage Laufzeit, und solange etwas offen ist"
    ),
    "When leaks were last looked for: not measured.": (
        "Wann zuletzt nach Lecks gesucht wurde: nicht gemessen."
    ),
    "Leaks, check '{check}': last looked on {when}, {result}.": (
        "Lecks, Prüfung '{check}': zuletzt gesucht am {when}, {result}."
    ),
    "nothing found": "nichts gefunden",
    "something found": "etwas gefunden",
    "could not be looked at": "konnte nicht geprüft werden",
    "What": "Was",
    "Where": "Wo",
    "How long": "Wie lange",
    "What ends it": "Was es beendet",
    "Frames": "Bilder",
    "memory of the camera process": "Speicher des Kameraprozesses",
    "memory of the counting process": "Speicher des zählenden Prozesses",
    "disk of the device": "Platte des Geräts",
    "disk of the collector": "Platte des Sammlers",
    "one look": "ein Blick",
    "our buffers are overwritten after each look": (
        "unsere Puffer werden nach jedem Blick überschrieben"
    ),
    "Boxes and tracks of people under camera '{camera}'": (
        "Rahmen und Spuren von Menschen unter Kamera '{camera}'"
    ),
    "{seconds:g} s after somebody was last seen": (
        "{seconds:g} s, nachdem jemand zuletzt gesehen wurde"
    ),
    "{seconds} s after somebody was last seen": (
        "{seconds} s, nachdem jemand zuletzt gesehen wurde"
    ),
    "the track ends": "die Spur endet",
    "Identity (pseudonym) of a person under camera '{camera}'": (
        "Kennung (Pseudonym) eines Menschen unter Kamera '{camera}'"
    ),
    "{seconds:g} s after somebody was last seen, {longest:g} s at most": (
        "{seconds:g} s, nachdem jemand zuletzt gesehen wurde, höchstens {longest:g} s"
    ),
    "it is forgotten, and its secret is replaced": ("sie wird vergessen und ihr Geheimnis ersetzt"),
    "What an identity did in the window: cells, votes, time there": (
        "Was eine Kennung im Zeitfenster tat: Zellen, Stimmen, Zeit dort"
    ),
    "{seconds} s, the dwell period": "{seconds} s, der Zeitraum der Verweildauer",
    "the identity can no longer come back": "die Kennung kann nicht mehr wiederkehren",
    "Sums of a window without identities": "Summen eines Zeitfensters ohne Kennungen",
    "{seconds} s, the window": "{seconds} s, das Zeitfenster",
    "the report is made": "der Bericht entsteht",
    "Ledger: what was paid for, and reports not yet delivered": (
        "Kassenbuch: wofür bezahlt wurde, und noch nicht zugestellte Berichte"
    ),
    "as long as the device runs": "solange das Gerät in Betrieb ist",
    "the controller, with the device": "der Verantwortliche, mit dem Gerät",
    "Reports that wait for the collector": "Berichte, die auf den Sammler warten",
    "{days:g} days of running time at most": "höchstens {days:g} Tage Laufzeit",
    "delivery, or the age": "Zustellung oder das Alter",
    "Reports at the collector": "Berichte beim Sammler",
    "{days} days, as the controller says": "{days} Tage, sagt der Verantwortliche",
    "the controller, or the collector where it is told to end them by age": (
        "der Verantwortliche, oder der Sammler, wo er sie nach Alter beenden soll"
    ),
    "Audit log: no count, no place, no identity of anybody; accounts of staff": (
        "Prüfprotokoll: keine Zahl, kein Ort, keine Kennung von irgendwem; Konten von Beschäftigten"
    ),
    "{days} days of running time": "{days} Tage Laufzeit",
    "deletion of whole files, recorded in the log": (
        "Löschen ganzer Dateien, im Protokoll verzeichnet"
    ),
    "Signed records: roles, purposes, hours": (
        "Unterschriebene Genehmigungen: Rollen, Zwecke, Zeiten"
    ),
    "the controller": "der Verantwortliche",
}
