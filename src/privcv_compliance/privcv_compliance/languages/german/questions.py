# SPDX-License-Identifier: Apache-2.0
"""German for the questions to the controller: the descriptions in ``controller_answers``."""

QUESTIONS = {
    # controller, need
    "Who is the controller (GDPR Art. 4(7))?": "Wer ist verantwortlich (Art. 4 Nr. 7 DSGVO)?",
    "The controller's postal address?": "Die Postanschrift des Verantwortlichen?",
    "Where do people turn to (e-mail, phone)?": "Wohin wendet man sich (E-Mail, Telefon)?",
    "Which supervisory authority takes complaints (name, address or page)?": (
        "Welche Aufsichtsbehörde nimmt Beschwerden an (Name, Anschrift oder Seite)?"
    ),
    "Which of the nine criteria of WP248 apply?": (
        "Welche der neun Kriterien aus WP 248 treffen zu?"
    ),
    "Is the processing on the authority's list (GDPR Art. 35(4))? Ask counsel.": (
        "Steht die Verarbeitung auf der Liste der Aufsicht (Art. 35 Abs. 4 DSGVO)? Anwaltlich "
        "prüfen lassen."
    ),
    "Which approved codes of conduct apply (GDPR Art. 35(8)), or none?": (
        "Welche genehmigten Verhaltensregeln gelten (Art. 35 Abs. 8 DSGVO), oder keine?"
    ),
    # purpose
    "What is decided by the figures, and who decides it?": (
        "Was wird nach den Zahlen entschieden, und von wem?"
    ),
    "Who gains what by it?": "Wer hat was davon?",
    "Which law gives the task or the obligation? Ask counsel.": (
        "Welches Gesetz gibt die Aufgabe oder die Pflicht? Anwaltlich prüfen lassen."
    ),
    "Which legitimate interest is pursued?": "Welches berechtigte Interesse wird verfolgt?",
    "What may people expect there, from their relationship with you?": (
        "Was dürfen Menschen dort erwarten, nach ihrer Beziehung zu Ihnen?"
    ),
    "Why do the interests and rights of people not override that interest?": (
        "Warum überwiegen die Interessen und Rechte der Menschen dieses Interesse nicht?"
    ),
    # necessity
    "Why would a light barrier not do?": "Warum genügt keine Lichtschranke?",
    "Why would a depth sensor (time of flight) that takes no image not do?": (
        "Warum genügt kein Tiefensensor (Laufzeit), der kein Bild aufnimmt?"
    ),
    "Why would a turnstile or a door counter not do?": (
        "Warum genügt kein Drehkreuz oder Türzähler?"
    ),
    "Why would counting by hand, now and then, not do?": (
        "Warum genügt es nicht, hin und wieder von Hand zu zählen?"
    ),
    "Why would fewer cameras, zones or hours, or a smaller epsilon, not do?": (
        "Warum genügen nicht weniger Kameras, Zonen oder Stunden oder ein kleineres Epsilon?"
    ),
    # people
    "Are there children among the people?": "Sind Kinder unter den Menschen?",
    "What is done for children?": "Was wird für Kinder getan?",
    "Do people work where a camera looks?": "Arbeiten Menschen, wo eine Kamera hinsieht?",
    "What keeps the figures from measuring staff?": (
        "Was verhindert, dass mit den Zahlen Beschäftigte gemessen werden?"
    ),
    "How were staff or the works council heard? National law: ask counsel.": (
        "Wie wurden Beschäftigte oder ihre Vertretung gehört? Nationales Recht: anwaltlich prüfen "
        "lassen."
    ),
    "Does being there tell health, religion or the like of somebody (GDPR Art. 9)?": (
        "Sagt dort zu sein etwas über Gesundheit, Religion oder Ähnliches (Art. 9 DSGVO)?"
    ),
    "Who else is vulnerable there, and what is done for them?": (
        "Wer ist dort sonst schutzbedürftig, und was wird dafür getan?"
    ),
    "How often a day does a regular come?": "Wie oft am Tag kommt ein Stammgast?",
    "On how many days a year does a regular come?": (
        "An wie vielen Tagen im Jahr kommt ein Stammgast?"
    ),
    "How many hours a day is an employee in view, at most?": (
        "Wie viele Stunden am Tag ist jemand bei der Arbeit höchstens im Bild?"
    ),
    "On how many days a year is an employee in view?": (
        "An wie vielen Tagen im Jahr ist jemand bei der Arbeit im Bild?"
    ),
    # recipients, rights
    "Who reads the reports (roles)?": "Wer liest die Berichte (Rollen)?",
    "Which processors are there, for what, by which contract (GDPR Art. 28)?": (
        "Welche Auftragsverarbeiter gibt es, wofür, mit welchem Vertrag (Art. 28 DSGVO)?"
    ),
    "Which joint controllers, by which arrangement (GDPR Art. 26)?": (
        "Welche gemeinsam Verantwortlichen, mit welcher Vereinbarung (Art. 26 DSGVO)?"
    ),
    "Which transfers to countries outside the EEA, on what ground (Chapter V)?": (
        "Welche Übermittlungen in Länder außerhalb des EWR, auf welcher Grundlage (Kapitel V)?"
    ),
    "For how many days are reports kept at the collector?": (
        "Wie viele Tage werden Berichte beim Sammler aufbewahrt?"
    ),
    "How and where are people told (GDPR Art. 13)?": (
        "Wie und wo erfahren Menschen davon (Art. 13 DSGVO)?"
    ),
    "How can somebody go there without being counted?": (
        "Wie kann man dorthin gehen, ohne gezählt zu werden?"
    ),
    "Where does somebody ask that nobody is counted for some minutes (privcv pause), or nowhere?": (
        "Wo bittet jemand darum, dass einige Minuten lang niemand gezählt wird (privcv pause), "
        "oder nirgends?"
    ),
    "Who decides on an objection, and what then happens?": (
        "Wer entscheidet über einen Widerspruch, und was geschieht dann?"
    ),
    # consultation, officer
    "Were people or their representatives asked?": (
        "Wurden Betroffene oder ihre Vertretung gefragt?"
    ),
    "What did they say, or why were they not asked?": (
        "Was haben sie gesagt, oder warum wurden sie nicht gefragt?"
    ),
    "Is there a data protection officer?": "Gibt es eine oder einen Datenschutzbeauftragten?",
    "How is the officer reached?": "Wie ist die oder der Datenschutzbeauftragte zu erreichen?",
    "What does the officer advise?": "Was rät die oder der Datenschutzbeauftragte?",
    "On which day did the officer advise?": "An welchem Tag wurde das geraten?",
    "Is the advice followed?": "Wird dem Rat gefolgt?",
    "Why is it not followed?": "Warum wird ihm nicht gefolgt?",
    # risks
    "How severe is it without measures?": "Wie schwer wiegt es ohne Maßnahmen?",
    "How likely is it without measures?": "Wie wahrscheinlich ist es ohne Maßnahmen?",
    "How severe is it with the measures?": "Wie schwer wiegt es mit den Maßnahmen?",
    "How likely is it with the measures?": "Wie wahrscheinlich ist es mit den Maßnahmen?",
    "Why is it rated so?": "Warum wird es so bewertet?",
    "Somebody sees frames or tracks who must not.": (
        "Jemand sieht Bilder oder Spuren, der es nicht darf."
    ),
    "Somebody changes figures or settings unseen.": (
        "Jemand ändert unbemerkt Zahlen oder Einstellungen."
    ),
    "Records or figures are lost.": "Aufzeichnungen oder Zahlen gehen verloren.",
    "Somebody learns from what is kept or sent that a person was there.": (
        "Jemand erfährt aus Aufbewahrtem oder Gesendetem, dass ein Mensch dort war."
    ),
    "The cameras are used for something else, such as watching staff.": (
        "Die Kameras dienen etwas anderem, etwa der Überwachung von Beschäftigten."
    ),
    "People feel watched and behave differently.": (
        "Menschen fühlen sich beobachtet und verhalten sich anders."
    ),
    # prior consultation, review, sign-off
    "On which day was the authority consulted?": "An welchem Tag wurde die Aufsicht konsultiert?",
    "What did the authority say?": "Was hat die Aufsicht gesagt?",
    "By which day is this assessment reviewed?": "Bis wann wird diese Abschätzung überprüft?",
    "What else calls for a review before that?": "Was verlangt eine frühere Überprüfung?",
    "Who decides, as what (a role)?": "Wer entscheidet, als was (eine Rolle)?",
    "On which day was it signed off?": "An welchem Tag wurde freigegeben?",
    "What is decided about the processing?": "Was wird über die Verarbeitung entschieden?",
    "On which conditions may it go on?": "Unter welchen Bedingungen darf sie stattfinden?",
    # how one answers
    "several parted by ';', '{none}' for none": "mehrere durch ';' getrennt, '{none}' für keine",
}
