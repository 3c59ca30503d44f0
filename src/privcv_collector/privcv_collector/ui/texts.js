// SPDX-License-Identifier: Apache-2.0
/** Every text of the pages, in each language. A name in braces is replaced by a value. */

import { STATE_WORDS } from "./states.js";

const EN = {
  ...STATE_WORDS.en,
  language: "Language", skip: "Skip to content", sign_in: "Sign in", sign_out: "Sign out", token: "Access token",
  sign_in_note: "The token is sent once. Your browser then holds a cookie that reads only, for 12 hours.",
  no_cookie: "Your browser kept no cookie: open this page over https, or on the collector's own machine.",
  unreachable: "The collector cannot be reached. What is shown may be old.",
  now: "Now", history: "History", privacy: "Privacy", updated: "Last asked at {time}.",
  site: "Site", place: "Place", statistic: "What", range: "Range", date: "Date", before: "Before", after: "After",
  day: "Day", week: "Week", month: "Month", year: "Year", compare: "Compare with a week before", whole: "{camera}, whole floor",
  line: "line", zone: "zone", floor: "floor", no_sites: "No site has reported yet.", no_places: "Nothing has been reported here yet.",
  visitors: "Visitors in a window", people_windows: "People-windows", presence: "People there on average", queue: "People waiting on average",
  entries: "Entries", exits: "Exits", footfall: "Visits begun",
  try_windows: "Hours are told when they end; windows are under “Range”.", partly: "{percent} % of the time was observed", goes_on: "still going on",
  of_capacity: "Room for {capacity}.", over_surely: "Surely more than the room is for ({capacity}).",
  over_possibly: "Possibly more than the room is for ({capacity}).", since: "from {start}", window: "{start}, {length}",
  sentence: "{time}: {what}.", when: "When", value: "Value", low: "Low", high: "High", observed: "Observed", state: "State",
  room_surely_room: "Surely room", room_possibly_room: "Possibly room", room_possibly_full: "Possibly full", room_surely_full: "Surely full",
  room_few: "Room: few are here", room_unknown: "Not known", display_note: "Noisy on purpose, so that nobody can be found in it.", shown_until: "Of {start} to {end}, shown at {time}.",
  flow: "Where they headed", heading: "heading: {standing} standing, on the plan {right} right, {up} up, {left} left, {down} down",
  usual: "usual", usual_here: "What is usual: the median of the same hours of 8 weeks before", usually: "Usually about {value} (median of {of} such hours, {low} to {high}).",
  usually_few: "Usually {few} (most of {of} such hours).", open: "open", open_now: "Open now.", closed_now: "Closed now.", closed: "closed", always_open: "Open at all hours.",
  hours_are: "Open {hours}.", show_usual: "Show what is usual", stays: "How long people stayed", stay_short: "Stays under 30 s", stay_middle: "Stays of 30 s to 2 min", stay_long: "Stays of 2 min and more",
  heat: "People per m² on average", heat_sure: "{low} to {high}", heat_half: "{low} to {high}, less sure", heat_unsure: "not sure",
  as_table: "The same as a table", read: "Read a period", chart: "{what}, {place}, {range}", week_before: "a week before",
  more: "More than a week before.", less: "Less than a week before.",
  same: "No difference from a week before that the noise would not explain.", no_compare: "Cannot be compared with a week before.",
  download_csv: "CSV", download_json: "JSON", print: "Print", zone_note: "Times are those of the site: {zone}.",
  honest: "Values are noisy on purpose, so that nobody can be found in them. {percent} % of the intervals hold the truth. Nothing here is added up or averaged from other values.",
  people_windows_note: "People-windows: who is there in three windows counts three times. They are not visitors.",
  footfall_note: "Who stays beyond a renewal of identities counts again.",
  plan: "Plan of {camera}", legend: "Legend", promise: "What is promised",
  unit_visit: "a whole visit of a person", unit_person_window: "what a person does in one window", unit_event: "one event, such as one crossing",
  promise_text: "Noise hides {unit}: with it or without it, what is published is nearly as likely (ε = {epsilon}{delta}). Fewer than about {k} people are not told.",
  not_protected: "What is not protected",
  not_protected_visit: "Who comes again is protected anew each time, not over all times together. Who stays beyond a renewal of identities counts as two visits. That a place was watched, when, and how many came on the whole is what is told.",
  not_protected_person_window: "What somebody does in several windows is protected in each, not in all together, and so is who comes again. That a place was watched, when, and how many came on the whole is what is told.",
  not_protected_event: "What somebody does besides that one event is protected on its own, not together: neither a whole visit nor who comes again. That a place was watched, when, and how many came on the whole is what is told.",
  epsilon: "ε", delta: "δ", windows: "Windows", released: "Released", device: "Device", version: "Version of its record",
  minutes: "{number} min", seconds: "{number} s", adaptive: "adaptive", spent: "Spent today", spent_by: "Camera", auditors_only: "Budgets, devices and refusals are shown to auditors.",
  devices: "Devices", last_seen: "Last seen", dropped: "Given up", gaps: "Gaps", revoked: "Revoked", never: "never", no: "no",
  refusals: "What was refused", at: "At", error: "Error", message: "Message", none: "None.",
  fleet: "Sites", fleet_says: "{needing} of {all} sites need somebody.", find: "Find", some_of: "{from} to {to} of {all}",
  need: "Needs", need_well: "nobody", need_look: "a look", need_soon: "somebody soon", need_now: "somebody now", problem: "What", last_report: "Last counts", software: "Version of privcv",
  by: "by {time}", until: "until {time}", unknown: "not known yet", part: "Part", parts: "Parts, authorizations and last checks", changes: "Changes of state", before_then: "Before", after_then: "Then",
  device_of: "Device {device} of {site}", last_health: "Health reported", uptime: "Runs since", hours: "{number} h", delivery: "Delivery", outbox_age: "Oldest report that waits", clock_offset: "Its clock is ahead by",
  disk: "Disk used", audit_log: "Audit log", budget: "Privacy budget", requests: "Requests of data subjects", breaches: "Breaches", spent_of: "ε {spent} of {total} for one unit", open_due: "{open} open, next due: {by}",
  delivery_ok: "delivers", delivery_waiting: "waits and tries again", delivery_blocked: "stuck", audit_log_ok: "whole", audit_log_broken: "broken", audit_log_off: "none is kept",
  part_running: "running", part_stopped: "stopped", authorization_of: "Authorization of {camera}", authorization_authorized: "authorized", authorization_not_required: "none is required", authorization_ended: "ended", authorization_refused: "refused",
  check_canary: "Canary", check_graph: "Graph of processes", check_measured: "Measured", check_found: "something was found", check_clean: "nothing found",
  problem_silent: "nothing has come for too long", problem_no_health: "an older version, which does not say how it does", problem_reports_missing: "reports are missing", problem_checkpoint_contradicted: "checkpoints contradict each other",
  problem_breach_to_tell: "somebody must be told of a breach", problem_breach_open: "a breach is not closed", problem_request_overdue: "a request is overdue", problem_request_due: "a request is due",
  problem_authorization_over: "no valid authorization", problem_authorization_ends: "an authorization ends", problem_audit_log_broken: "the audit log is broken", problem_delivery_blocked: "delivery is stuck", problem_part_stopped: "a part has stopped",
  attestation: "State of the machine", attestation_affirming: "as it should be", attestation_warning: "signed, not compared", attestation_contraindicated: "refused", attestation_none: "not shown", problem_attestation_refused: "the state of a machine was refused", problem_attestation_missing: "the state of a machine is not shown",
  problem_check_found: "a check found something", problem_disk_filling: "the disk is filling, per cent", problem_outbox_old: "reports wait, minutes", problem_clock_off: "the clock is off, seconds", problem_budget_spent: "the privacy budget is spent",
  alerts: "Alarms", alerts_say: "{firing} of {all} rules fire.", alerts_note: "Rules look at what was released, every few seconds by the clock. Surely: the whole interval is beyond the threshold. Possibly: a part of it. What was not observed or is hidden ends no alarm.",
  rule: "Rule", rules: "Rules", told: "Told", nobody: "nobody", told_of: "{number} channels", interval_then: "Interval then", channels: "Channels", channel: "Channel", leads_to: "Leads to", addresses: "{number} addresses", every_site: "every site",
  name: "Name", kind: "Kind", number: "Number", certainty: "How sure", threshold: "Threshold, people", clear: "Over again at, people", wait: "Waiting time, minutes", usual: "Usually there, people", title: "Title", camera: "Camera", target: "Address, topic, or mail addresses", sites_of: "Sites (none: every site)",
  what: "What", surely: "surely", possibly: "possibly", kind_over: "more than", kind_under: "fewer than", kind_no_data: "no data", kind_webhook: "webhook", kind_mqtt: "MQTT", kind_email: "e-mail",
  rule_over: "{what}: {certainty} more than {threshold} for {wait} min; over at {clear}", rule_under: "{what}: {certainty} fewer than {threshold} for {wait} min; over at {clear}", rule_no_data: "nothing observed for {wait} min",
  phase_quiet: "quiet", phase_waiting: "waiting", phase_firing: "fires", change_fired: "fired", change_cleared: "over",
  token_again: "Access token, to change something", add_rule: "Add a rule", add_channel: "Add a channel", disable: "Disable", disabled: "Disabled. It is gone from the lists when they are read again.", added: "Added, number {number}.", secret_once: "Its secret, shown this once: {secret}",
  channel_note: "A webhook is reached over https at a public address only. Where a channel leads is not shown again.", expect: "False alarms to expect",
  forecast: "False alarms a week from noise alone: {usual} where as many are there as usual; {worst} where exactly as many are there as the threshold. The noise has a standard deviation of {sd} people.", forecast_none: "Missing data have no noise.", forecast_unknown: "Nothing was published there lately, so that nothing can be said of the noise.", less_than: "less than {value}",
  duties: "What is due, and what was last checked", due_or_checked: "Due, or checked", no_health_told: "No device tells how it does.", open_late: "{open} open, {late} overdue", open_tell: "{open} open, {tell} to be told", days_long: "{number} days", left: "{amount} left", over_since: "over for {amount}",
  missing: "Missing", checkpoint: "Newest checkpoint", verdict_good: "nothing contradicts it", verdict_bad: "contradicted: {verdict}", readers: "Who read what", hour_of: "Hour", reader: "Reader", role: "Role", times: "Times",
  sums: "Over sites", sums_says: "One number for many sites. Two collectors each added up one half of what every site shared; neither can look into a site, and each added its whole noise.",
  sum_of: "{number} sites, by {leader} and {helper}", sum_noise: "The true sum is within ± with {percent} %; a number below 0 is noise. Fewer than {least} sites make no total. A visit pays epsilon {epsilon} for all of them together.",
  sites_in: "Sites in it", late: "Too late", too_few: "too few sites",
};

const DE = {
  ...STATE_WORDS.de,
  language: "Sprache", skip: "Zum Inhalt", sign_in: "Anmelden", sign_out: "Abmelden", token: "Zugangstoken",
  sign_in_note: "Das Token wird einmal gesendet. Danach hält Ihr Browser 12 Stunden lang ein Cookie, das nur lesen darf.",
  no_cookie: "Ihr Browser hat kein Cookie behalten: Öffnen Sie diese Seite über https oder auf dem Rechner des Sammlers.",
  unreachable: "Der Sammler ist nicht zu erreichen. Was gezeigt wird, kann alt sein.",
  now: "Jetzt", history: "Verlauf", privacy: "Datenschutz", updated: "Zuletzt gefragt um {time}.",
  site: "Standort", place: "Ort", statistic: "Was", range: "Zeitraum", date: "Datum", before: "Zurück", after: "Vor",
  day: "Tag", week: "Woche", month: "Monat", year: "Jahr", compare: "Mit der Vorwoche vergleichen", whole: "{camera}, ganze Fläche",
  line: "Linie", zone: "Zone", floor: "Fläche", no_sites: "Noch hat kein Standort berichtet.", no_places: "Hier wurde noch nichts berichtet.",
  visitors: "Besucher in einem Fenster", people_windows: "Personen-Fenster", presence: "Im Mittel anwesend", queue: "Im Mittel wartend",
  entries: "Eintritte", exits: "Austritte", footfall: "Begonnene Besuche",
  try_windows: "Stunden werden genannt, wenn sie enden; Fenster stehen unter „Zeitraum“.", partly: "{percent} % der Zeit wurden beobachtet", goes_on: "dauert noch an",
  of_capacity: "Platz für {capacity}.", over_surely: "Sicher mehr, als Platz ist ({capacity}).",
  over_possibly: "Möglicherweise mehr, als Platz ist ({capacity}).", since: "ab {start}", window: "{start}, {length}",
  sentence: "{time}: {what}.", when: "Wann", value: "Wert", low: "Unten", high: "Oben", observed: "Beobachtet", state: "Zustand",
  room_surely_room: "Sicher Platz", room_possibly_room: "Möglicherweise Platz", room_possibly_full: "Möglicherweise voll", room_surely_full: "Sicher voll",
  room_few: "Platz: wenige sind hier", room_unknown: "Nicht bekannt", display_note: "Absichtlich verrauscht, damit niemand darin zu finden ist.", shown_until: "Von {start} bis {end}, gezeigt um {time}.",
  flow: "Wohin sie gingen", heading: "Richtung: {standing} stehen, auf dem Plan {right} nach rechts, {up} nach oben, {left} nach links, {down} nach unten",
  usual: "üblich", usual_here: "Was üblich ist: der Median derselben Stunden der 8 Wochen davor", usually: "Üblich sind etwa {value} (Median von {of} solchen Stunden, {low} bis {high}).",
  usually_few: "Üblich sind {few} (die meisten von {of} solchen Stunden).", open: "geöffnet", open_now: "Jetzt geöffnet.", closed_now: "Jetzt geschlossen.", closed: "geschlossen", always_open: "Zu jeder Stunde geöffnet.",
  hours_are: "Geöffnet {hours}.", show_usual: "Zeigen, was üblich ist", stays: "Wie lange jemand blieb", stay_short: "Aufenthalte unter 30 s", stay_middle: "Aufenthalte von 30 s bis 2 min", stay_long: "Aufenthalte ab 2 min",
  heat: "Personen je m² im Mittel", heat_sure: "{low} bis {high}", heat_half: "{low} bis {high}, weniger sicher", heat_unsure: "nicht sicher",
  as_table: "Dasselbe als Tabelle", read: "Einen Zeitraum ablesen", chart: "{what}, {place}, {range}", week_before: "Vorwoche",
  more: "Mehr als in der Vorwoche.", less: "Weniger als in der Vorwoche.",
  same: "Kein Unterschied zur Vorwoche, den das Rauschen nicht erklärt.", no_compare: "Kein Vergleich mit der Vorwoche möglich.",
  download_csv: "CSV", download_json: "JSON", print: "Drucken", zone_note: "Zeiten sind die des Standorts: {zone}.",
  honest: "Die Werte sind absichtlich verrauscht, damit niemand darin zu finden ist. {percent} % der Intervalle enthalten die Wahrheit. Nichts hier ist aus anderen Werten summiert oder gemittelt.",
  people_windows_note: "Personen-Fenster: Wer in drei Fenstern da ist, zählt dreimal. Es sind keine Besucher.",
  footfall_note: "Wer über einen Wechsel der Kennungen hinaus bleibt, zählt noch einmal.",
  plan: "Plan von {camera}", legend: "Legende", promise: "Was versprochen ist",
  unit_visit: "einen ganzen Besuch einer Person", unit_person_window: "was eine Person in einem Fenster tut", unit_event: "ein Ereignis, etwa einen Durchgang",
  promise_text: "Rauschen verbirgt {unit}: Mit oder ohne ist das Veröffentlichte fast gleich wahrscheinlich (ε = {epsilon}{delta}). Weniger als etwa {k} Personen werden nicht genannt.",
  not_protected: "Was nicht geschützt ist",
  not_protected_visit: "Wer wiederkommt, ist jedes Mal aufs Neue geschützt, nicht über alle Male zusammen. Wer über einen Wechsel der Kennungen hinaus bleibt, zählt als zwei Besuche. Dass ein Ort beobachtet wurde, wann, und wie viele insgesamt kamen, wird mitgeteilt.",
  not_protected_person_window: "Was jemand in mehreren Fenstern tut, ist in jedem geschützt, nicht in allen zusammen; ebenso, wer wiederkommt. Dass ein Ort beobachtet wurde, wann, und wie viele insgesamt kamen, wird mitgeteilt.",
  not_protected_event: "Was jemand außer diesem einen Ereignis tut, ist für sich geschützt, nicht zusammen: weder ein ganzer Besuch noch wer wiederkommt. Dass ein Ort beobachtet wurde, wann, und wie viele insgesamt kamen, wird mitgeteilt.",
  epsilon: "ε", delta: "δ", windows: "Fenster", released: "Veröffentlicht", device: "Gerät", version: "Fassung seiner Angaben",
  minutes: "{number} min", seconds: "{number} s", adaptive: "angepasst", spent: "Heute verbraucht", spent_by: "Kamera", auditors_only: "Budgets, Geräte und Ablehnungen sehen Prüfende.",
  devices: "Geräte", last_seen: "Zuletzt gesehen", dropped: "Aufgegeben", gaps: "Lücken", revoked: "Gesperrt", never: "nie", no: "nein",
  refusals: "Was abgelehnt wurde", at: "Um", error: "Fehler", message: "Meldung", none: "Keine.",
  fleet: "Standorte", fleet_says: "{needing} von {all} Standorten brauchen jemanden.", find: "Suchen", some_of: "{from} bis {to} von {all}",
  need: "Braucht", need_well: "niemanden", need_look: "einen Blick", need_soon: "bald jemanden", need_now: "jetzt jemanden", problem: "Was", last_report: "Letzte Zahlen", software: "Version von privcv",
  by: "bis {time}", until: "bis {time}", unknown: "noch nicht bekannt", part: "Teil", parts: "Teile, Genehmigungen und letzte Prüfungen", changes: "Änderungen des Zustands", before_then: "Vorher", after_then: "Dann",
  device_of: "Gerät {device} von {site}", last_health: "Zustand gemeldet", uptime: "Läuft seit", hours: "{number} h", delivery: "Lieferung", outbox_age: "Ältester wartender Bericht", clock_offset: "Seine Uhr geht vor um",
  disk: "Platte belegt", audit_log: "Prüfprotokoll", budget: "Privatsphäre-Budget", requests: "Anfragen von Betroffenen", breaches: "Datenpannen", spent_of: "ε {spent} von {total} für eine Einheit", open_due: "{open} offen, nächste Frist: {by}",
  delivery_ok: "liefert", delivery_waiting: "wartet und versucht es wieder", delivery_blocked: "steckt fest", audit_log_ok: "unversehrt", audit_log_broken: "beschädigt", audit_log_off: "wird nicht geführt",
  part_running: "läuft", part_stopped: "angehalten", authorization_of: "Genehmigung von {camera}", authorization_authorized: "genehmigt", authorization_not_required: "keine verlangt", authorization_ended: "beendet", authorization_refused: "abgelehnt",
  check_canary: "Kanarienvogel", check_graph: "Graph der Prozesse", check_measured: "Gemessen", check_found: "etwas wurde gefunden", check_clean: "nichts gefunden",
  problem_silent: "seit zu langem kam nichts", problem_no_health: "eine ältere Version, die nicht sagt, wie es ihr geht", problem_reports_missing: "Berichte fehlen", problem_checkpoint_contradicted: "Prüfpunkte widersprechen einander",
  problem_breach_to_tell: "eine Datenpanne ist zu melden", problem_breach_open: "eine Datenpanne ist nicht abgeschlossen", problem_request_overdue: "eine Anfrage ist überfällig", problem_request_due: "eine Anfrage ist fällig",
  problem_authorization_over: "keine gültige Genehmigung", problem_authorization_ends: "eine Genehmigung endet", problem_audit_log_broken: "das Prüfprotokoll ist beschädigt", problem_delivery_blocked: "die Lieferung steckt fest", problem_part_stopped: "ein Teil hat angehalten",
  attestation: "Zustand des Rechners", attestation_affirming: "wie er sein soll", attestation_warning: "signiert, nicht verglichen", attestation_contraindicated: "abgelehnt", attestation_none: "nicht gezeigt", problem_attestation_refused: "der Zustand eines Rechners wurde abgelehnt", problem_attestation_missing: "der Zustand eines Rechners wird nicht gezeigt",
  problem_check_found: "eine Prüfung hat etwas gefunden", problem_disk_filling: "die Platte wird voll, Prozent", problem_outbox_old: "Berichte warten, Minuten", problem_clock_off: "die Uhr geht falsch, Sekunden", problem_budget_spent: "das Privatsphäre-Budget ist aufgebraucht",
  alerts: "Alarme", alerts_say: "{firing} von {all} Regeln schlagen an.", alerts_note: "Regeln sehen an, was veröffentlicht wurde, alle paar Sekunden nach der Uhr. Sicher: das ganze Intervall liegt jenseits der Schwelle. Möglicherweise: ein Teil davon. Was nicht beobachtet wurde oder verborgen ist, beendet keinen Alarm.",
  rule: "Regel", rules: "Regeln", told: "Benachrichtigt", nobody: "niemand", told_of: "{number} Kanäle", interval_then: "Intervall dabei", channels: "Kanäle", channel: "Kanal", leads_to: "Führt zu", addresses: "{number} Adressen", every_site: "jeder Standort",
  name: "Name", kind: "Art", number: "Nummer", certainty: "Wie sicher", threshold: "Schwelle, Personen", clear: "Vorbei bei, Personen", wait: "Wartezeit, Minuten", usual: "Gewöhnlich da, Personen", title: "Titel", camera: "Kamera", target: "Adresse, Topic oder Mailadressen", sites_of: "Standorte (keiner: alle)",
  what: "Was", surely: "sicher", possibly: "möglicherweise", kind_over: "mehr als", kind_under: "weniger als", kind_no_data: "keine Daten", kind_webhook: "Webhook", kind_mqtt: "MQTT", kind_email: "E-Mail",
  rule_over: "{what}: {certainty} mehr als {threshold} über {wait} min; vorbei bei {clear}", rule_under: "{what}: {certainty} weniger als {threshold} über {wait} min; vorbei bei {clear}", rule_no_data: "{wait} min lang nichts beobachtet",
  phase_quiet: "ruhig", phase_waiting: "wartet", phase_firing: "schlägt an", change_fired: "angeschlagen", change_cleared: "vorbei",
  token_again: "Zugangstoken, um etwas zu ändern", add_rule: "Regel hinzufügen", add_channel: "Kanal hinzufügen", disable: "Abschalten", disabled: "Abgeschaltet. Aus den Listen ist es fort, sobald sie neu gelesen werden.", added: "Hinzugefügt, Nummer {number}.", secret_once: "Sein Geheimnis, nur dieses Mal gezeigt: {secret}",
  channel_note: "Ein Webhook wird nur über https an einer öffentlichen Adresse erreicht. Wohin ein Kanal führt, wird nicht wieder gezeigt.", expect: "Zu erwartende Fehlalarme",
  forecast: "Fehlalarme in der Woche allein vom Rauschen: {usual}, wenn so viele da sind wie gewöhnlich; {worst}, wenn genau so viele da sind wie die Schwelle. Das Rauschen hat eine Standardabweichung von {sd} Personen.", forecast_none: "Fehlende Daten haben kein Rauschen.", forecast_unknown: "Dort wurde zuletzt nichts veröffentlicht, über das Rauschen ist nichts zu sagen.", less_than: "weniger als {value}",
  duties: "Was fällig ist, und was zuletzt geprüft wurde", due_or_checked: "Fällig, oder geprüft", no_health_told: "Kein Gerät sagt, wie es ihm geht.", open_late: "{open} offen, {late} überfällig", open_tell: "{open} offen, {tell} zu melden", days_long: "{number} Tage", left: "noch {amount}", over_since: "seit {amount} vorbei",
  missing: "Fehlend", checkpoint: "Neuester Prüfpunkt", verdict_good: "nichts widerspricht ihm", verdict_bad: "Widerspruch: {verdict}", readers: "Wer was gelesen hat", hour_of: "Stunde", reader: "Lesende", role: "Rolle", times: "Male",
  sums: "Über Standorte", sums_says: "Eine Zahl für viele Standorte. Zwei Sammler haben je eine Hälfte dessen addiert, was jeder Standort geteilt hat; keiner kann in einen Standort sehen, und jeder hat sein ganzes Rauschen dazugetan.",
  sum_of: "{number} Standorte, von {leader} und {helper}", sum_noise: "Die wahre Summe liegt mit {percent} % innerhalb von ±; eine Zahl unter 0 ist Rauschen. Weniger als {least} Standorte ergeben keine Summe. Ein Besuch zahlt für alle zusammen Epsilon {epsilon}.",
  sites_in: "Standorte darin", late: "Zu spät", too_few: "zu wenige Standorte",
};

export const LANGUAGES = { en: ["English", EN], de: ["Deutsch", DE] };

let texts = EN, tag = "en", locale = "en";

/** Speak the language whose texts are here: the collector sends those of one. */
export function speak() {
  tag = EN ? "en" : "de";
  texts = LANGUAGES[tag][1];
  locale = navigator.languages.find((one) => one.split("-")[0] === tag) ?? tag; // en-GB writes days first
  document.documentElement.lang = tag;
}

export const language = () => tag;

/** The text `key`, its names in braces replaced. */
export function t(key, values = {}) {
  return texts[key].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/** A time on the clock of `zone`. */
export function time(at, zone, options = { hour: "2-digit", minute: "2-digit" }) {
  return new Intl.DateTimeFormat(locale, { timeZone: zone, hourCycle: "h23", ...options }).format(at);
}

/** How long something of whole seconds is. */
export function length(seconds) {
  return seconds % 60 ? t("seconds", { number: number(seconds) }) : t("minutes", { number: number(seconds / 60) });
}

export const number = (value) => new Intl.NumberFormat(locale).format(value);
