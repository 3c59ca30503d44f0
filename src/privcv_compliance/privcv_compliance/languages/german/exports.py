# SPDX-License-Identifier: Apache-2.0
"""German for the exports."""

EXPORTS = {
    "Made from the settings and records of site '{site}' as of {now}.": (
        "Aus den Einstellungen und Aufzeichnungen des Standorts '{site}', Stand {now}."
    ),
    # art30
    "Record of processing activities (GDPR Art. 30(1)): {site}": (
        "Verzeichnis von Verarbeitungstätigkeiten (Art. 30 Abs. 1 DSGVO): {site}"
    ),
    "(a) Controller, joint controllers, data protection officer": (
        "(a) Verantwortlicher, gemeinsam Verantwortliche, Datenschutzbeauftragte"
    ),
    "(b) Purposes": "(b) Zwecke",
    "(c) Categories of people and of personal data": (
        "(c) Kategorien von Menschen und von personenbezogenen Daten"
    ),
    "(d) Recipients": "(d) Empfänger",
    "(e) Transfers to third countries": "(e) Übermittlungen in Drittländer",
    "(f) Time limits for erasure": "(f) Fristen für die Löschung",
    "(g) Technical and organisational measures": ("(g) Technische und organisatorische Maßnahmen"),
    "Camera '{camera}', {area}: {purpose}; {basis}.": (
        "Kamera '{camera}', {area}: {purpose}; {basis}."
    ),
    "Everybody who comes into view of a camera. Of them: frames in memory, boxes, places "
    "on the floor, pseudonymous identities, and what these did in a window.": (
        "Alle, die ins Bild einer Kamera kommen. Von ihnen: Bilder im Speicher, Rahmen, Orte auf "
        "dem Boden, pseudonyme Kennungen und was diese in einem Zeitfenster taten."
    ),
    "Reports, which are noisy totals, go to {collector}.": (
        "Berichte, das sind verrauschte Summen, gehen an {collector}."
    ),
    # art32
    "Security of processing (GDPR Art. 32) and retention: {site}": (
        "Sicherheit der Verarbeitung (Art. 32 DSGVO) und Fristen: {site}"
    ),
    "Technical and organisational measures": "Technische und organisatorische Maßnahmen",
    "Retention": "Fristen",
    "Art. 32(1)": "Art. 32 Abs. 1",
    "Measure": "Maßnahme",
    "As it is set here": "Wie hier eingestellt",
    "People have rotating identities; the secret is in memory only": (
        "Menschen haben wechselnde Kennungen; das Geheimnis steht nur im Speicher"
    ),
    "camera '{camera}': a new secret every {period:g} s": (
        "Kamera '{camera}': ein neues Geheimnis alle {period:g} s"
    ),
    "Reports carry noise that a durable ledger accounts for": (
        "Berichte tragen Rauschen, über das ein dauerhaftes Kassenbuch abrechnet"
    ),
    "epsilon {epsilon:g}, at least {k} people and a margin of {margin:g}": (
        "Epsilon {epsilon:g}, mindestens {k} Menschen und ein Abstand von {margin:g}"
    ),
    "What is kept on the device is encrypted (AES-256-GCM)": (
        "Was auf dem Gerät liegt, ist verschlüsselt (AES-256-GCM)"
    ),
    "with a key of its own": "mit einem eigenen Schlüssel",
    "no: it is kept in the clear": "nein: Es liegt im Klartext",
    "Reports are sent over TLS to a pinned key, and signed": (
        "Berichte gehen über TLS an einen festgelegten Schlüssel und sind unterschrieben"
    ),
    "{number} pinned keys": "{number} festgelegte Schlüssel",
    "Frames are overwritten after each look and written nowhere": (
        "Bilder werden nach jedem Blick überschrieben und nirgends gespeichert"
    ),
    "{frames:g} frames found 0.5 s later, by the maker": (
        "0,5 s später fand der Hersteller {frames:g} Bilder"
    ),
    "A camera is closed without a signed record, and closes when it is withdrawn": (
        "Ohne unterschriebene Genehmigung ist eine Kamera zu, und mit deren Widerruf schließt sie"
    ),
    "camera '{camera}': required": "Kamera '{camera}': verlangt",
    "camera '{camera}': not required": "Kamera '{camera}': nicht verlangt",
    "A guard watches who listens on the running graph": (
        "Ein Wächter sieht, wer im laufenden System mithört"
    ),
    "nothing is published while it does not look": (
        "solange er nicht hinsieht, wird nichts veröffentlicht"
    ),
    "reports go on while it does not look": "Berichte gehen weiter, während er nicht hinsieht",
    "What was done is in a chained log that shows what was edited or taken out": (
        "Was getan wurde, steht in einem verketteten Protokoll, das zeigt, was geändert oder "
        "entfernt wurde"
    ),
    "kept for {days} days of running time": "aufbewahrt für {days} Tage Laufzeit",
    "What was spent is on disk before a report leaves; nothing is paid for twice": (
        "Was verbraucht wurde, steht auf der Platte, bevor ein Bericht hinausgeht; nichts wird "
        "zweimal bezahlt"
    ),
    "ledger with an anchor at {anchor}": "Kassenbuch mit Anker unter {anchor}",
    "Reports wait on the device while the collector cannot be reached": (
        "Berichte warten auf dem Gerät, solange der Sammler nicht zu erreichen ist"
    ),
    "{days:g} days of running time": "{days:g} Tage Laufzeit",
    "Measures are measured again with commands of the product": (
        "Maßnahmen werden mit Befehlen des Produkts neu gemessen"
    ),
    "{number} figures in the audit log": "{number} Werte im Prüfprotokoll",
    # ai-act
    "Statement on Regulation (EU) 2024/1689 (AI Act): {site}": (
        "Erklärung zur Verordnung (EU) 2024/1689 (KI-Verordnung): {site}"
    ),
    "What the system does not do": "Was das System nicht tut",
    "The fields of all messages outside the camera process": (
        "Die Felder aller Nachrichten außerhalb des Kameraprozesses"
    ),
    "What the deployer judges": "Was der Betreiber beurteilt",
    "Message": "Nachricht",
    "Fields": "Felder",
    "Whether the messages can tell traits of a person: not measured; {why}.": (
        "Ob die Nachrichten Merkmale eines Menschen nennen können: nicht gemessen; {why}."
    ),
    "no messages are built here": "hier sind keine Nachrichten gebaut",
    "It identifies nobody: no field holds or is compared with a trait of a person, and there "
    "is no reference database.": (
        "Es identifiziert niemanden: Kein Feld enthält ein Merkmal eines Menschen oder wird damit "
        "verglichen, und es gibt keine Referenzdatenbank."
    ),
    "It sorts nobody into categories by biometric data: its size class is a footprint in "
    "square metres, which a trolley has too, and its direction is a way of walking on the "
    "floor.": (
        "Es ordnet niemanden nach biometrischen Daten ein: Seine Größenklasse ist eine Standfläche "
        "in Quadratmetern, die auch ein Wagen hat, und seine Richtung ein Weg auf dem Boden."
    ),
    "It recognises no emotions or intentions: no field could tell them.": (
        "Es erkennt keine Emotionen oder Absichten: Kein Feld könnte sie nennen."
    ),
    "privcv {version} has {number} messages outside the camera process; {violations} of "
    "their fields break the rule that none can hold an image.": (
        "privcv {version} hat {number} Nachrichten außerhalb des Kameraprozesses; {violations} "
        "ihrer Felder brechen die Regel, dass keines ein Bild fassen kann."
    ),
    "Its detector is a trained model, so it is to be taken for an AI system; which duties "
    "follow for its deployer, and from when, ask counsel: the dates were changed in 2026.": (
        "Seine Erkennung ist ein trainiertes Modell, es ist also als KI-System anzusehen; welche "
        "Pflichten für den Betreiber folgen und ab wann, anwaltlich prüfen lassen: 2026 wurden die "
        "Termine geändert."
    ),
    "It must not be used to monitor or evaluate people at work: that would make it "
    "high-risk. People work where a camera looks: {staff}": (
        "Es darf nicht dazu dienen, Menschen bei der Arbeit zu beobachten oder zu bewerten: Damit "
        "wäre es hochriskant. Menschen arbeiten, wo eine Kamera hinsieht: {staff}"
    ),
    # ccpa
    "Deidentified information (CCPA): {site}": "Deidentifizierte Information (CCPA): {site}",
    "(1) Measures": "(1) Maßnahmen",
    "(2) Public commitment": "(2) Öffentliche Verpflichtung",
    "(3) Clause for recipients": "(3) Klausel für Empfänger",
    "nobody: reports stay on the device": "niemand: Berichte bleiben auf dem Gerät",
    "Only totals with noise leave the device: whether or not one {unit} took place "
    "changes the chance of any reports by at most {bound}.": (
        "Nur verrauschte Summen verlassen das Gerät: Ob es ein bestimmtes Vorkommen (Einheit: "
        "{unit}) gab, ändert die Wahrscheinlichkeit der Berichte um höchstens {bound}."
    ),
    "What is on the device before that (frames, tracks, identities) is not deidentified.": (
        "Was davor auf dem Gerät ist (Bilder, Spuren, Kennungen), ist nicht deidentifiziert."
    ),
    "Whether the reports are deidentified information in the sense of the act, and "
    "whether the act applies: ask counsel.": (
        "Ob die Berichte deidentifizierte Information im Sinne des Gesetzes sind und ob das Gesetz "
        "gilt: anwaltlich prüfen lassen."
    ),
    "We maintain and use these totals in deidentified form only, and do not "
    "attempt to reidentify them, except to test whether our deidentification "
    "works.": (
        "Wir halten und nutzen diese Summen nur in deidentifizierter Form und versuchen nicht, sie "
        "zu reidentifizieren, außer um zu prüfen, ob unsere Deidentifizierung wirkt."
    ),
    "Recipient: {recipient}.": "Empfänger: {recipient}.",
    "The recipient takes reasonable measures so that the totals cannot be "
    "associated with a consumer or household; publicly commits to maintain and use "
    "them in deidentified form and not to attempt to reidentify them; and binds "
    "whoever receives them from it to the same.": (
        "Der Empfänger trifft angemessene Maßnahmen, damit die Summen keinem Verbraucher oder "
        "Haushalt zuzuordnen sind; verpflichtet sich öffentlich, sie in deidentifizierter Form zu "
        "halten und zu nutzen und nicht zu versuchen, sie zu reidentifizieren; und bindet, wer sie "
        "von ihm erhält, ebenso."
    ),
    # mapping
    "Where standards are answered: {site}": "Wo Normen beantwortet werden: {site}",
    "Mapping": "Zuordnung",
    "This says where to look. It is no statement of conformity, and nobody has "
    "certified anything.": (
        "Dies sagt, wo nachzusehen ist. Es ist keine Konformitätserklärung, und niemand hat etwas "
        "zertifiziert."
    ),
    "The numbers of clauses of ISO were compared with published tables of contents "
    "and guides, not with the texts, which are sold. ISO/IEC 27701 has an edition "
    "of 2025, whose numbers are others.": (
        "Die Nummern von ISO wurden mit veröffentlichten Inhaltsverzeichnissen und Leitfäden "
        "verglichen, nicht mit den Texten, die verkauft werden. ISO/IEC 27701 hat eine Ausgabe von "
        "2025 mit anderen Nummern."
    ),
    "pyramid": "Pyramide",
    "Standard": "Norm",
    "Point": "Stelle",
    "What it asks": "Was sie verlangt",
    "Answered by": "Beantwortet durch",
    "purpose and lawful basis": "Zweck und Rechtsgrundlage",
    "privacy impact assessment": "Folgenabschätzung",
    "processors and joint controllers": "Auftragsverarbeiter und gemeinsam Verantwortliche",
    "records of processing": "Verzeichnis der Verarbeitung",
    "what people are told": "was Menschen erfahren",
    "objection": "Widerspruch",
    "access, erasure, requests": "Auskunft, Löschung, Anfragen",
    "minimization": "Datenminimierung",
    "deidentification and retention": "Deidentifizierung und Fristen",
    "transfers": "Übermittlungen",
    "people can enforce their rights": "Menschen können ihre Rechte durchsetzen",
    "roles and authorities": "Rollen und Befugnisse",
    "communication with consumers": "Verständigung mit Verbrauchern",
    "risk management": "Risikomanagement",
    "designed privacy controls in operation": "entworfene Schutzmaßnahmen im Betrieb",
    "end of the lifecycle of personal data": "Lebensende personenbezogener Daten",
    "context assessment": "Beurteilung des Umfelds",
    "data assessment": "Beurteilung der Daten",
    "identifiability, adversarial testing": "Identifizierbarkeit, Prüfung durch Angriffe",
    "governance of deidentified data": "Steuerung deidentifizierter Daten",
    "singling out, linkability, inference": "Herausgreifen, Verknüpfbarkeit, Inferenz",
    "epsilon, unit, what could undermine them": "Epsilon, Einheit, was sie untergraben könnte",
    # data-sheet
    "Purpose of camera '{camera}': {purpose}.": "Zweck der Kamera '{camera}': {purpose}.",
    "Data sheet: {site}": "Datenblatt: {site}",
    "What is counted": "Was gezählt wird",
    "How it is protected": "Wie es geschützt ist",
    "How good it is": "Wie gut es ist",
    "What it is not for": "Wofür es nicht ist",
    "Camera '{camera}' counts people in {zones}: {names}, for windows of {window} s at most.": (
        "Kamera '{camera}' zählt Menschen in {zones}: {names}, für Zeitfenster von höchstens "
        "{window} s."
    ),
    "{number} zone": "{number} Zone",
    "{number} zones": "{number} Zonen",
    "Who comes often, or stays all day, pays for each {unit} again: see the table in the "
    "assessment.": (
        "Wer oft kommt oder den ganzen Tag bleibt, zahlt für jede Einheit ({unit}) neu: siehe die "
        "Tabelle der Folgenabschätzung."
    ),
    "Each value has an interval that is to hold the truth in {share:.0%} of cases.": (
        "Jeder Wert hat ein Intervall, das in {share:.0%} der Fälle die Wahrheit enthalten soll."
    ),
    "With the settings as shipped the maker measured {street:.1%} accuracy of occupancy on "
    "one recording and {campus:.1%} on another, at epsilon 1; this site was not measured "
    "by it.": (
        "Mit den Einstellungen ab Werk maß der Hersteller bei Epsilon 1 {street:.1%} Genauigkeit "
        "der Belegung auf einer Aufnahme und {campus:.1%} auf einer anderen; dieser Standort wurde "
        "damit nicht gemessen."
    ),
    "Not for recognising, following or judging anybody, not for counting who is left in a "
    "building in an emergency, and not for anything that turns on a single person: a value "
    "may be wrong by more than its interval.": (
        "Nicht um jemanden zu erkennen, zu verfolgen oder zu beurteilen, nicht um im Notfall zu "
        "zählen, wer noch im Gebäude ist, und für nichts, das an einem einzelnen Menschen hängt: "
        "Ein Wert kann um mehr als sein Intervall falsch sein."
    ),
}
