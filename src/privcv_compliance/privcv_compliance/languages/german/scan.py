# SPDX-License-Identifier: Apache-2.0
"""German for what a scan finds: kinds of files, and what is wrong with one."""

SCAN = {
    "the authorization record of camera '{camera}'": "die Genehmigung der Kamera '{camera}'",
    "the audit log '{chain}'": "das Prüfprotokoll '{chain}'",
    "{database}: {releases} releases, {whole} with their content": (
        "{database}: {releases} Veröffentlichungen, {whole} mit ihrem Inhalt"
    ),
    "{number} withdrawals of authorizations": "{number} Widerrufe von Genehmigungen",
    "the last pause of a camera": "die letzte Pause einer Kamera",
    "the site file": "die Datei des Standorts",
    "the key check": "die Prüfung des Schlüssels",
    "the keys of what is kept": "die Schlüssel des Aufbewahrten",
    "the write-ahead log of {database}, read with it": (
        "das Vorausprotokoll von: {database}, mitgelesen"
    ),
    "the index of the log of {database}": "das Verzeichnis zum Protokoll von: {database}",
    "the lock of {database}": "die Sperre von: {database}",
    "the lock of an audit log": "die Sperre eines Prüfprotokolls",
    "the budget ledger": "das Kassenbuch",
    "the uplink's outbox": "der Postausgang",
    "the anchor of the budget ledger": "der Anker des Kassenbuchs",
    "the secret of the graph": "das Geheimnis des Systems",
    "the device's signing keys": "die Signierschlüssel des Geräts",
    "withdrawals of authorizations": "Widerrufe von Genehmigungen",
    "a link to {path}, which was looked at": "ein Verweis auf {path}, der durchgesehen wurde",
    "a segment of the middleware in shared memory": (
        "ein Abschnitt der Middleware im gemeinsamen Speicher"
    ),
    "a segment of the middleware in shared memory of another program (process {pid})": (
        "ein Abschnitt der Middleware im gemeinsamen Speicher eines anderen Programms (Prozess "
        "{pid})"
    ),
    "a file that process {pid} ({nodes}) writes to": (
        "eine Datei, in die Prozess {pid} ({nodes}) schreibt"
    ),
    "a file that cannot be read": "eine Datei, die nicht zu lesen ist",
    "an unknown file": "eine unbekannte Datei",
    "a JPEG image": "ein Bild (JPEG)",
    "a PNG image": "ein Bild (PNG)",
    "a bitmap image": "ein Bild (BMP)",
    "an image (PPM)": "ein Bild (PPM)",
    "an image (PGM)": "ein Bild (PGM)",
    "a video (AVI) or audio": "ein Video (AVI) oder Ton",
    "a video (MP4)": "ein Video (MP4)",
    "a video (Matroska)": "ein Video (Matroska)",
    "a recorded bag (MCAP)": "eine Aufzeichnung (MCAP)",
    "a database, such as a recorded bag": "eine Datenbank, etwa eine Aufzeichnung",
    "a numpy array": "ein Feld von numpy",
    "a core dump or a program": "ein Speicherabbild oder ein Programm",
    "a link": "ein Verweis",
    "an empty folder": "ein leerer Ordner",
    "a mount": "ein eingehängtes Dateisystem",
    "a special file": "eine Sonderdatei",
    "extended attributes": "erweiterte Attribute",
    # what is wrong with one
    "nothing in this system writes such a file here": (
        "nichts in diesem System schreibt hier eine solche Datei"
    ),
    "nothing in this system writes such ({names})": (
        "nichts in diesem System schreibt solche ({names})"
    ),
    "a node writes outside the site's folders": (
        "ein Knoten schreibt außerhalb der Ordner des Standorts"
    ),
    "messages of this system must not go through shared memory": (
        "Nachrichten dieses Systems dürfen nicht durch gemeinsamen Speicher gehen"
    ),
    "its program is gone or hidden from this user, and it may hold messages": (
        "sein Programm ist fort oder für diesen Benutzer verborgen, und er kann Nachrichten "
        "enthalten"
    ),
    "a link leads out of what was looked at": "ein Verweis führt aus dem Durchgesehenen hinaus",
    "what lies beneath another file system is not seen": (
        "was unter einem anderen Dateisystem liegt, ist nicht zu sehen"
    ),
    "a pipe, a socket or a device": "eine Pipe, ein Socket oder ein Gerät",
    "what stands there is no regular file": "was dort steht, ist keine gewöhnliche Datei",
    "a part of it was never written (sparse file)": (
        "ein Teil davon wurde nie geschrieben (Datei mit Lücken)"
    ),
    "it is not empty": "sie ist nicht leer",
    "it holds what it must not: {what}": "sie enthält, was sie nicht darf: {what}",
    "it is not what its name says: {why}": "sie ist nicht, was ihr Name sagt: {why}",
    "it is not a key file: {why}": "sie ist keine Schlüsseldatei: {why}",
    "cannot be read as what its name says: {why}": (
        "sie ist nicht als das zu lesen, was ihr Name sagt: {why}"
    ),
    "what is in it is not known: {why}": "was darin steht, ist nicht bekannt: {why}",
    "the log is not what was written: {why}": (
        "das Protokoll ist nicht, was geschrieben wurde: {why}"
    ),
    "entry {number} says what no entry may: {why}": (
        "Eintrag {number} sagt, was kein Eintrag darf: {why}"
    ),
    "nothing in this system makes such a folder here": (
        "nichts in diesem System legt hier einen solchen Ordner an"
    ),
    "its folder is none of the user whose name it has": (
        "ihr Ordner gehört nicht dem Benutzer, dessen Namen er trägt"
    ),
    "there is no log beside it": "neben ihr liegt kein Protokoll",
    "its name is none of a camera": "sein Name ist keiner einer Kamera",
    "a text in it is none that people write": (
        "ein Text darin ist keiner, wie ihn Menschen schreiben"
    ),
    "nobody signed it whom the site trusts, so that anybody may have written it": (
        "niemand hat sie unterschrieben, dem der Standort vertraut; so kann sie jeder geschrieben "
        "haben"
    ),
    "more than {most} names that the site does not know": (
        "mehr als {most} Namen, die der Standort nicht kennt"
    ),
    "more than {most} of them are of records that no log knows": (
        "mehr als {most} davon gehören zu Genehmigungen, die kein Protokoll kennt"
    ),
    "it holds more than {most} keys and digests": (
        "sie enthält mehr als {most} Schlüssel und Prüfsummen"
    ),
    "line {number} is none that people write": (
        "Zeile {number} ist keine, wie sie Menschen schreiben"
    ),
    "user {user} made this link": "Benutzer {user} hat diesen Verweis gemacht",
    "{name} ({bytes} bytes)": "{name} ({bytes} Byte)",
    "{names} and {more} more": "{names} und {more} weitere",
    "On disk: {what} ({files}, {bytes} bytes).": "Auf der Platte: {what} ({files}, {bytes} Byte).",
    "Nothing is on disk yet.": "Auf der Platte ist noch nichts.",
    "Leftover in {folder}: {files}: {what}; {problem}. Whether it shows anybody has to be "
    "judged by a person.": (
        "Rest in {folder}: {files}: {what}; {problem}. Ob jemand darauf zu sehen ist, muss ein "
        "Mensch beurteilen."
    ),
    "Files that do not belong here: {leftovers} of {all}.": (
        "Dateien, die nicht hierher gehören: {leftovers} von {all}."
    ),
}
