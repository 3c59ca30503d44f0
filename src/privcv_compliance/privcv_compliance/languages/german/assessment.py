# SPDX-License-Identifier: Apache-2.0
"""German for the impact assessment: its headings, the controller's part, risks, contradictions."""

ASSESSMENT = {
    # titles and headings
    "Data protection impact assessment: {site}": "Datenschutz-Folgenabschätzung: {site}",
    "Evidence for the assessment: {site}": "Belege für die Folgenabschätzung: {site}",
    "Site '{site}' with {cameras}, as set and as recorded on {now}.": (
        "Standort '{site}' mit {cameras}, wie eingestellt und aufgezeichnet am {now}."
    ),
    "What is missing for an assessment": "Was zu einer Folgenabschätzung fehlt",
    "Why this is assessed": "Warum dies abgeschätzt wird",
    "Purposes and authorization": "Zwecke und Genehmigung",
    "Controller and purpose, by the controller": (
        "Verantwortlicher und Zweck, Angaben des Verantwortlichen"
    ),
    "Necessity and proportionality: milder means": (
        "Notwendigkeit und Verhältnismäßigkeit: mildere Mittel"
    ),
    "Processing": "Verarbeitung",
    "Whom it concerns": "Wen es betrifft",
    "Data, storage and retention": "Daten, Speicherung und Fristen",
    "Recipients": "Empfänger",
    "Rights of people": "Rechte der Menschen",
    "Safeguards in force": "Wirksame Schutzmaßnahmen",
    "What epsilon means for whom": "Was Epsilon für wen bedeutet",
    "Is what leaves anonymous? The three tests of WP216": (
        "Ist anonym, was hinausgeht? Die drei Prüfungen aus WP 216"
    ),
    "What happened, by the audit log": "Was geschah, nach dem Prüfprotokoll",
    "Measured figures": "Gemessene Werte",
    "Risks, as rated by the controller": "Risiken, vom Verantwortlichen bewertet",
    "Consultation, review and decision": "Konsultation, Überprüfung und Entscheidung",
    # the controller's answers
    "{question} {answer}": "{question} {answer}",
    "Not answered yet ({key}): {question}": "Noch nicht beantwortet ({key}): {question}",
    "Yes.": "Ja.",
    "No.": "Nein.",
    "None.": "Keine.",
    "Some.": "Einige.",
    "Mainly.": "Vor allem.",
    "The processing may go on.": "Die Verarbeitung darf stattfinden.",
    "The processing may go on under conditions.": (
        "Die Verarbeitung darf unter Bedingungen stattfinden."
    ),
    "The processing must not go on.": "Die Verarbeitung darf nicht stattfinden.",
    "evaluation or scoring": "Bewerten oder Einstufen",
    "automated decisions with legal or similar effect": (
        "automatisierte Entscheidung mit rechtlicher oder ähnlicher Wirkung"
    ),
    "systematic monitoring": "systematische Überwachung",
    "sensitive data": "sensible Daten",
    "large scale": "großer Umfang",
    "matching or combining of data sets": "Abgleichen oder Zusammenführen von Datensätzen",
    "vulnerable people": "schutzbedürftige Menschen",
    "innovative use": "innovative Nutzung",
    "keeps people from a right, a service or a contract": (
        "hindert Menschen an einem Recht, einer Dienstleistung oder einem Vertrag"
    ),
    "To look at frames in which people can be recognised is processing of personal data, also "
    "where nothing of a frame is kept: it is what is assessed here.": (
        "Bilder anzusehen, auf denen Menschen zu erkennen sind, ist eine Verarbeitung "
        "personenbezogener Daten, auch wenn vom Bild nichts bleibt: Sie wird hier abgeschätzt."
    ),
    "Cameras may be used only where nothing milder reaches the same aim; each of these means "
    "was weighed.": (
        "Kameras dürfen nur dort eingesetzt werden, wo nichts Milderes dasselbe erreicht; jedes "
        "dieser Mittel wurde abgewogen."
    ),
    "What national law adds, on video in public places and at work, on works councils and on "
    "children, is not assessed by this document: ask counsel.": (
        "Was nationales Recht zu Video an öffentlichen Orten und bei der Arbeit, zu "
        "Beschäftigtenvertretungen und zu Kindern hinzufügt, beurteilt dieses Dokument nicht: "
        "anwaltlich prüfen lassen."
    ),
    "A high risk remains, so the supervisory authority is to be consulted before anything "
    "is processed: {risks}": (
        "Ein hohes Risiko bleibt, daher ist die Aufsichtsbehörde zu konsultieren, bevor etwas "
        "verarbeitet wird: {risks}"
    ),
    "By these ratings no risk stays both significant in severity and in likelihood: the "
    "authority need not be consulted on that ground.": (
        "Nach diesen Bewertungen bleibt kein Risiko, dessen Schwere und Wahrscheinlichkeit beide "
        "wesentlich sind: Aus diesem Grund ist die Aufsicht nicht zu konsultieren."
    ),
    # the matrix
    "Risk to people": "Risiko für Menschen",
    "Without measures (severity / likelihood)": "Ohne Maßnahmen (Schwere / Wahrscheinlichkeit)",
    "With them (severity / likelihood)": "Mit ihnen (Schwere / Wahrscheinlichkeit)",
    "Why, by the controller": "Warum, sagt der Verantwortliche",
    "Measures": "Maßnahmen",
    "{severity} / {likelihood}": "{severity} / {likelihood}",
    "negligible": "vernachlässigbar",
    "limited": "begrenzt",
    "significant": "wesentlich",
    "maximum": "maximal",
    "not answered": "nicht beantwortet",
    "Frame buffers are overwritten after each look; nothing of a frame is written to disk.": (
        "Bildpuffer werden nach jedem Blick überschrieben; von einem Bild gelangt nichts auf die "
        "Platte."
    ),
    "Settings are read once; each change and each release is in a chained log.": (
        "Einstellungen werden einmal gelesen; jede Änderung und jede Veröffentlichung steht in "
        "einem verketteten Protokoll."
    ),
    "What was spent is on disk before a report leaves; reports wait for the collector.": (
        "Was verbraucht wurde, steht auf der Platte, bevor ein Bericht hinausgeht; Berichte warten "
        "auf den Sammler."
    ),
    "Noise that is paid for, no report about few people, identities that are replaced.": (
        "Rauschen, für das bezahlt wird, kein Bericht über wenige, Kennungen, die ersetzt werden."
    ),
    "No message can hold an image; a camera is closed without a signed record for its purpose.": (
        "Keine Nachricht kann ein Bild fassen; ohne unterschriebene Genehmigung ihres Zwecks ist "
        "eine Kamera zu."
    ),
    "The sign says what is done; parts of the image can be blacked out.": (
        "Das Schild sagt, was geschieht; Teile des Bildes können geschwärzt werden."
    ),
    # contradictions
    "A camera that looks at all who pass is systematic monitoring: the criteria lack it.": (
        "Eine Kamera, die alle ansieht, die vorbeigehen, ist systematische Überwachung: Bei den "
        "Kriterien fehlt sie."
    ),
    "Children and employees are vulnerable people: the criteria lack them.": (
        "Kinder und Beschäftigte sind schutzbedürftige Menschen: Bei den Kriterien fehlen sie."
    ),
    "The record of camera '{camera}' names another controller: {other}.": (
        "Die Genehmigung der Kamera '{camera}' nennt einen anderen Verantwortlichen: {other}."
    ),
    "Rated lower with the measures ({risk}), which they do not carry: {why}.": (
        "Mit den Maßnahmen niedriger bewertet ({risk}), was sie nicht tragen: {why}."
    ),
    "the audit log was touched": "das Prüfprotokoll wurde verändert",
    "not every frame was wiped": "nicht jedes Bild wurde überschrieben",
    "what several units of one visit tell adds up": (
        "was mehrere Einheiten eines Besuchs sagen, summiert sich"
    ),
    "epsilon is above 1": "Epsilon ist größer als 1",
    "single people are shown": "einzelne Menschen werden gezeigt",
    "a camera needs no authorization": "eine Kamera braucht keine Genehmigung",
    "The review was due on {day}.": "Die Überprüfung war am {day} fällig.",
    "The sign-off is of a day to come, {day}.": (
        "Die Freigabe ist von einem Tag, der noch kommt, {day}."
    ),
    "Answers were changed after the sign-off: sign off again.": (
        "Antworten wurden nach der Freigabe geändert: neu freigeben."
    ),
    "The site file was changed after the sign-off: sign off again.": (
        "Die Datei des Standorts wurde nach der Freigabe geändert: neu freigeben."
    ),
}
