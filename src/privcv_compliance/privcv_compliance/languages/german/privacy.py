# SPDX-License-Identifier: Apache-2.0
"""German for the promise: epsilon, identities, the tests of WP216, what is kept for how long."""

PRIVACY = {
    "visit": "Besuch",
    "person window": "Mensch in einem Zeitfenster",
    "event": "Ereignis",
    "a factor of e^{epsilon:g} = {value:.3g}": "den Faktor e^{epsilon:g} = {value:.3g}",
    "{factor}, and by {delta:g} more": "{factor} und um {delta:g} mehr",
    "Whether or not one {unit} took place changes the chance of any sequence of "
    "reports by at most {bound}.": (
        "Ob es ein bestimmtes Vorkommen (Einheit: {unit}) gab oder nicht, ändert die "
        "Wahrscheinlichkeit jeder Folge von Berichten um höchstens {bound}."
    ),
    "A stay under a camera is one visit for each identity (pseudonym) that it has: one "
    "more each time that identities are replaced and the stay goes on beyond the grace "
    "period, or that they are replaced on request. For k identities the factor is "
    "e^({epsilon:g} k).": (
        "Ein Aufenthalt unter einer Kamera ist ein Besuch für jede Kennung (Pseudonym), die er "
        "hat: einer mehr, wenn Kennungen ersetzt werden und der Aufenthalt über die Schonfrist "
        "hinausgeht, oder wenn sie auf Wunsch ersetzt werden. Bei k Kennungen ist der Faktor "
        "e^({epsilon:g} k)."
    ),
    "A zone is shown only where its noisy count reaches {sum:g}: "
    "{k} people and a margin of {margin:g}.": (
        "Eine Zone wird nur gezeigt, wo ihre verrauschte Zahl {sum:g} erreicht: {k} Menschen und "
        "ein Abstand von {margin:g}."
    ),
    "A zone is shown however few its noisy count says there are.": (
        "Eine Zone wird gezeigt, wie klein ihre verrauschte Zahl auch ist."
    ),
    "Of epsilon {epsilon:g} a share of {share:g} is for sums over several sites, which "
    "two collectors of different operators add up without seeing the counts of any.": (
        "Von Epsilon {epsilon:g} ist ein Anteil von {share:g} für Summen über mehrere Standorte, "
        "die zwei Sammelstellen verschiedener Betreiber bilden, ohne die Zahlen eines Standorts zu "
        "sehen."
    ),
    "If both operators put together what they have, they see this site's counts under "
    "little noise: that they are independent of each other is to be shown.": (
        "Legen beide Betreiber zusammen, was sie haben, so sehen sie die Zahlen dieses Standorts "
        "unter wenig Rauschen: Dass sie voneinander unabhängig sind, ist zu belegen."
    ),
    "Reports of this site exist beside the sums: its own numbers are hidden from "
    "nobody who reads them.": (
        "Berichte dieses Standorts gibt es neben den Summen: Wer sie liest, sieht seine eigenen "
        "Zahlen."
    ),
    "What is protected is one {unit}: what several of one stay tell adds up.": (
        "Geschützt ist die Einheit {unit}: Was mehrere desselben Aufenthalts sagen, summiert sich."
    ),
    "Camera '{camera}' replaces all identities and their secret at every multiple of "
    "{epoch} s, the dwell period, and withholds nobody: who can read its "
    "pseudonymous tracks, on the device, can tell which new identity follows which old "
    "one.": (
        "Kamera '{camera}' ersetzt alle Kennungen und ihr Geheimnis bei jedem Vielfachen von "
        "{epoch} s, dem Zeitraum der Verweildauer, und hält niemanden zurück: Wer auf dem Gerät "
        "ihre pseudonymen Spuren lesen kann, erkennt, welche neue Kennung auf welche alte folgt."
    ),
    "Camera '{camera}' replaces the secret of its identities every "
    "{period:g} s. Who is there then keeps the old identity for at most "
    "{grace:g} s more; who stays longer is not told for "
    "{silence:g} to {longest:g} s and comes back under a new one.": (
        "Kamera '{camera}' ersetzt das Geheimnis ihrer Kennungen alle {period:g} s. Wer dann dort "
        "ist, behält die alte Kennung noch höchstens {grace:g} s; wer länger bleibt, wird "
        "{silence:g} bis {longest:g} s lang nicht gemeldet und kommt unter einer neuen wieder."
    ),
    "When its identities are replaced on request, camera '{camera}' tells nothing "
    "for {silence:g} s, and forgets every old identity at once.": (
        "Werden ihre Kennungen auf Wunsch ersetzt, meldet Kamera '{camera}' {silence:g} s lang "
        "nichts und vergisst jede alte Kennung sofort."
    ),
    "Under camera '{camera}' people who come close to each other take new "
    "identities together: one visit then changes what is told of another, and the "
    "bound above holds only with a multiple of its exponent.": (
        "Unter Kamera '{camera}' nehmen Menschen, die sich nahe kommen, gemeinsam neue Kennungen "
        "an: Ein Besuch ändert dann, was von einem anderen gemeldet wird, und die Schranke oben "
        "gilt nur mit einem Vielfachen ihres Exponenten."
    ),
    "Camera '{camera}' uses a test secret: its identities can be foretold.": (
        "Kamera '{camera}' benutzt ein Testgeheimnis: Ihre Kennungen sind vorhersagbar."
    ),
    # what epsilon means for whom
    "Epsilon is how much the reports can tell about one {unit}: 0 is nothing, and each "
    "further {unit} of the same person adds {epsilon:g}.": (
        "Epsilon sagt, wie viel die Berichte höchstens über eine Einheit ({unit}) verraten: 0 ist "
        "nichts, und jede weitere Einheit ({unit}) desselben Menschen fügt {epsilon:g} hinzu."
    ),
    "Who comes often, or stays all day, is protected less, and under several cameras less "
    "again: the table says how much less. That somebody works here is no secret that "
    "noise could keep.": (
        "Wer oft kommt oder den ganzen Tag bleibt, ist weniger geschützt, und unter mehreren "
        "Kameras noch weniger: Die Tabelle sagt, wie viel. Dass jemand hier arbeitet, ist kein "
        "Geheimnis, das Rauschen wahren könnte."
    ),
    "Over a year it can be learned that a regular comes at all; whether they came on one "
    "given day stays as uncertain as the column for a day says.": (
        "Über ein Jahr lässt sich erfahren, dass ein Stammgast überhaupt kommt; ob an einem "
        "bestimmten Tag, bleibt so ungewiss, wie die Spalte für einen Tag sagt."
    ),
    "The table counts from the beginning of a period of identities: a stay that begins "
    "in the middle of one may cost {epsilon:g} more.": (
        "Die Tabelle zählt vom Beginn eines Zeitraums der Kennungen an: Ein Aufenthalt, der "
        "mittendrin beginnt, kann {epsilon:g} mehr kosten."
    ),
    "With Gaussian noise there is a chance of {delta:g} for each unit that the bound "
    "does not hold.": (
        "Bei Gaußschem Rauschen gilt die Schranke für jede Einheit mit Wahrscheinlichkeit "
        "{delta:g} nicht."
    ),
    "Top of the pyramid, the promise itself: epsilon {epsilon:g} for one {unit}, spent at "
    "most once by a ledger that no restart forgets.": (
        "Spitze der Pyramide, das Versprechen selbst: Epsilon {epsilon:g} für die Einheit {unit}, "
        "höchstens einmal ausgegeben nach einem Kassenbuch, das kein Neustart vergisst."
    ),
    "Middle, what could undermine it: an attack of the maker on releases of epsilon 2 proved "
    "a loss of at least {found:g}, no more than promised; the load of the device and the "
    "places of people on the device are outside the promise.": (
        "Mitte, was es untergraben könnte: Ein Angriff des Herstellers auf Veröffentlichungen mit "
        "Epsilon 2 wies einen Verlust von mindestens {found:g} nach, nicht mehr als versprochen; "
        "die Auslastung des Geräts und die Orte von Menschen auf dem Gerät liegen außerhalb des "
        "Versprechens."
    ),
    "Bottom, what it rests on: the device sees everything before the noise, so whoever "
    "controls it is trusted with it.": (
        "Fuß, worauf es beruht: Das Gerät sieht alles vor dem Rauschen; wer es beherrscht, dem "
        "wird es anvertraut."
    ),
    "Who": "Wer",
    "A day": "Ein Tag",
    "A year": "Ein Jahr",
    "A year, under all cameras": "Ein Jahr, unter allen Kameras",
    "In words, for a day": "In Worten, für einen Tag",
    "{epsilon:g}": "{epsilon:g}",
    "somebody who comes once, for an hour at most": (
        "jemand, der einmal kommt, höchstens eine Stunde"
    ),
    "a regular": "ein Stammgast",
    "an employee in view all day": "jemand, der den ganzen Tag im Bild arbeitet",
    "almost no protection: one who asks may become {sure:.2%} sure that they were there": (
        "fast kein Schutz: Wer fragt, kann zu {sure:.2%} sicher werden, dass sie oder er dort war"
    ),
    "one who asks and finds it as likely as not may become {sure:.0%} sure that they were "
    "there, not more": (
        "wer fragt und es für so wahrscheinlich wie unwahrscheinlich hält, kann zu {sure:.0%} "
        "sicher werden, dass sie oder er dort war, nicht mehr"
    ),
    # the tests of WP216
    "Frames and tracks are personal data; the tracks are pseudonymous, one row for "
    "each person and tick. The reports are meant to be anonymous: whether they are, is "
    "judged by what follows, and again when something changes.": (
        "Bilder und Spuren sind personenbezogene Daten; die Spuren sind pseudonym, eine Zeile je "
        "Mensch und Takt. Die Berichte sollen anonym sein: Ob sie es sind, wird nach dem Folgenden "
        "beurteilt, und neu, wenn sich etwas ändert."
    ),
    "Of what": "Wovon",
    "Singling out": "Herausgreifen",
    "Linkability": "Verknüpfbarkeit",
    "Inference": "Inferenz",
    "Frames, in the memory of the camera process": "Bilder, im Speicher des Kameraprozesses",
    "Yes: a frame shows people.": "Ja: Ein Bild zeigt Menschen.",
    "Yes, while it lasts: {frames:g} frames' worth was found 0.5 s after the last look.": (
        "Ja, solange es besteht: 0,5 s nach dem letzten Blick wurde der Inhalt von {frames:g} "
        "Bildern gefunden."
    ),
    "Yes.": "Ja.",
    "Pseudonymous tracks, on the device": "Pseudonyme Spuren, auf dem Gerät",
    "Yes: one row for each person and tick.": "Ja: eine Zeile je Mensch und Takt.",
    "Yes, while an identity lasts. Across a change, as recorded here: {value}.": (
        "Ja, solange eine Kennung besteht. Über einen Wechsel hinweg, wie hier verzeichnet: "
        "{value}."
    ),
    "Yes, while an identity lasts. Across a change an attacker of the maker's linked "
    "{waiting:.1%} in a waiting room and {passing:.1%} where people pass; {naive:.1%} had "
    "nothing but the secret been replaced.": (
        "Ja, solange eine Kennung besteht. Über einen Wechsel hinweg verknüpfte ein Angreifer des "
        "Herstellers {waiting:.1%} in einem Wartezimmer und {passing:.1%}, wo Menschen durchgehen; "
        "{naive:.1%}, wäre nur das Geheimnis ersetzt worden."
    ),
    "Yes: where somebody was.": "Ja: wo jemand war.",
    "Reports, which leave the device": "Berichte, die das Gerät verlassen",
    "A report is a noisy sum over a zone, shown only where it reaches {least:g}; how many "
    "there truly were, it does not tell.": (
        "Ein Bericht ist eine verrauschte Summe über eine Zone und wird nur gezeigt, wo sie "
        "{least:g} erreicht; wie viele es wirklich waren, sagt er nicht."
    ),
    "No report holds an identity, so that two of them cannot be linked by one.": (
        "Kein Bericht enthält eine Kennung, durch die zwei zu verknüpfen wären."
    ),
    "Bounded: whether one {unit} took place can be told with {sure:.0%} certainty at most; "
    "the maker's attack at epsilon 1 stayed at or below {found:.1%}. That many people were "
    "there is what is told.": (
        "Begrenzt: Ob es ein bestimmtes Vorkommen (Einheit: {unit}) gab, lässt sich mit höchstens "
        "{sure:.0%} Sicherheit sagen; der Angriff des Herstellers bei Epsilon 1 blieb bei oder "
        "unter {found:.1%}. Dass viele dort waren, ist, was gemeldet wird."
    ),
}
