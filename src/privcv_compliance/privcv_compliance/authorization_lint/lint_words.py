# SPDX-License-Identifier: Apache-2.0
"""The words that the lint looks for: places and purposes, in the languages of the signs.

A word that begins with ``=`` is a whole word; any other may be a part of one, as words are joined
in German. They are compared without regard to case and accents.
"""

import re
import unicodedata
from functools import lru_cache

INTIMATE = (
    # en
    "toilet", "restroom", "washroom", "bathroom", "lavator", "=wc", "=loo", "shower", "sauna",
    "changing room", "fitting room", "dressing room", "locker room", "bedroom", "dormitor",
    "treatment room", "examination room", "exam room", "consulting room", "nursing room",
    # de
    "toilette", "waschraum", "badezimmer", "dusche", "umkleide", "anprobe", "schlafraum",
    "schlafzimmer", "schlafsaal", "behandlungsraum", "behandlungszimmer", "untersuchungsraum",
    "untersuchungszimmer", "stillraum", "wickelraum", "=klo", "sanitärraum",
    # fr
    "sanitaires", "douche", "vestiaire", "cabine d'essayage", "chambre a coucher", "dortoir",
    "salle de soins", "salle de bain", "salle d'examen",
    # es
    "=aseo", "=aseos", "inodoro", "=bano", "=banos", "lavabo", "ducha", "vestuario", "probador",
    "dormitorio", "sala de curas", "consulta medica",
    # ja
    "トイレ", "便所", "お手洗", "洗面所", "浴室", "シャワー", "更衣室",
    "試着室", "寝室",
    "診察室", "処置室", "授乳室",
)  # fmt: skip

STAFF_ROOMS = (
    "staff room", "staffroom", "break room", "breakroom", "staff canteen", "employee lounge",
    "rest room for staff", "works council office",
    "pausenraum", "personalraum", "sozialraum", "mitarbeiterraum", "aufenthaltsraum",
    "betriebsratsbüro", "kantine",
    "salle de pause", "salle du personnel", "local syndical",
    "sala de descanso", "sala de personal", "comedor de empleados",
    "休憩室", "従業員室", "社員食堂", "控室",
)  # fmt: skip

REST = (
    "restaurant", "cafe", "dining", "cinema", "theatre", "=park", "gym", "fitness", "playground",
    "lounge", "waiting room", "beach", "=pool",
    "gaststätte", "speisesaal", "kino", "spielplatz", "wartezimmer", "warteraum", "schwimmbad",
    "=parc", "salle d'attente", "piscine", "plage", "restaurante", "=parque", "sala de espera",
    "piscina", "playa", "gimnasio",
    "レストラン", "食堂", "映画館", "公園", "待合室", "プール", "ジム",
)  # fmt: skip

TELLING = (
    "clinic", "hospital", "surgery", "pharmacy", "church", "mosque", "synagogue", "temple",
    "prayer", "trade union", "party office", "counselling", "shelter",
    "klinik", "krankenhaus", "arztpraxis", "apotheke", "kirche", "moschee", "synagoge", "gebet",
    "gewerkschaft", "parteibüro", "beratungsstelle",
    "hopital", "pharmacie", "eglise", "mosquee", "priere", "syndicat",
    "farmacia", "iglesia", "mezquita", "sinagoga", "oracion", "sindicato",
    "病院", "診療所", "薬局", "教会", "モスク", "寺院", "礼拝", "労働組合",
)  # fmt: skip

CHILDREN = (
    "school", "kindergarten", "nursery", "day care", "daycare", "playground", "children",
    "schule", "=kita", "=kitas", "spielplatz", "kinder", "=hort",
    "ecole", "creche", "maternelle", "enfants", "aire de jeux",
    "escuela", "colegio", "guarderia", "ninos", "parque infantil",
    "学校", "幼稚園", "保育園", "子供", "こども", "遊び場",
)  # fmt: skip

SINGLING_OUT = (
    "identif", "recogni", "=face", "=faces", "facial", "who is who", "track individual",
    "individual customer", "known person", "repeat offender", "gender", "ethnic", "emotion",
    "=age", "=ages", "erkennung von personen", "gesicht", "wiedererkenn", "geschlecht",
    "einzelner kund", "einzelne personen", "reconnaissance", "visage", "=sexe",
    "reconocimiento", "rostro", "顔", "識別", "個人を特定", "性別", "感情",
)  # fmt: skip

STAFF_WATCH = (
    "staff performance", "employee performance", "productivity", "attendance of staff",
    "working time", "monitor staff", "monitor employees", "supervise staff", "watch staff",
    "mitarbeiterkontrolle", "leistungskontrolle", "arbeitszeit", "anwesenheitskontrolle",
    "mitarbeiterüberwachung", "personalkontrolle",
    "surveiller le personnel", "temps de travail", "surveillance des salaries",
    "rendimiento del personal", "control horario", "vigilar al personal",
    "勤怠", "従業員の監視", "業務評価",
)  # fmt: skip

MARKETING = (
    "marketing", "advertis", "promotion", "campaign", "customer profil", "targeting", "loyalty",
    "=werbung", "werbezweck", "werbemaß", "werbekampagne", "kundenprofil", "zielgruppe",
    "kundenbindung", "publicit", "ciblage", "fidelisation", "publicidad", "mercadotecnia",
    "perfil de cliente",
    "マーケティング", "広告", "販促", "宣伝",
)  # fmt: skip

VAGUE = (
    "security", "safety", "surveillance", "monitoring",
    "sicherheit", "überwachung", "securite", "seguridad", "vigilancia", "防犯", "安全", "監視",
)  # fmt: skip

COMPANIES = (
    "=ltd", "=limited", "=inc", "=llc", "=plc", "=corp", "=gmbh", "=ag", "=kg", "=ohg",
    "=sarl", "=sas", "=sl", "=srl", "株式会社", "有限会社",
)  # fmt: skip

AUTHORITIES = (
    "=city of", "council", "ministry", "municipal", "=county", "public library",
    "=stadt", "gemeinde", "landkreis", "ministerium", "=amt", "behörde",
    "=ville de", "mairie", "prefecture", "ministere", "ayuntamiento", "ministerio", "diputacion",
    "市役所", "区役所", "県庁", "市立",
)  # fmt: skip


def found(words: tuple[str, ...], text: str) -> str:
    """The part of ``text`` that is, or begins with, one of ``words``; empty where there is none."""
    plain = _plain(text)
    for word in words:
        match = _pattern(word).search(plain)
        if match:
            return match[0]
    return ""


@lru_cache(maxsize=1024)
def _pattern(word: str) -> re.Pattern[str]:
    whole = re.escape(_plain(word.removeprefix("=")))
    return re.compile(rf"\b{whole}\b" if word.startswith("=") else whole)


def _plain(text: str) -> str:
    """Without case and accents; kana keep their marks, which make other letters of them."""
    if any(ord(letter) > 0x2E80 for letter in text):
        return unicodedata.normalize("NFC", text).casefold()
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))
