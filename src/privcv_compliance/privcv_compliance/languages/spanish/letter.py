# SPDX-License-Identifier: Apache-2.0
"""Spanish for the letter to a citizen, the fact sheet for staff, and what all have in common."""

COMMON = {
    "Attention: {text}": "Atención: {text}",
    "Evidence": "Pruebas",
    "file": "archivo",
    "setting": "ajuste",
    "entry": "entrada",
    "query": "consulta",
    "command": "orden",
    "law": "derecho",
    "scan": "examen",
    "answer": "respuesta",
    "maker": "fabricante",
    "{title} · page {number}": "{title} · página {number}",
    "Monday": "lunes",
    "Tuesday": "martes",
    "Wednesday": "miércoles",
    "Thursday": "jueves",
    "Friday": "viernes",
    "Saturday": "sábado",
    "Sunday": "domingo",
    "{first} to {last}": "{first} a {last}",
    "consent (GDPR Art. 6(1)(a))": "el consentimiento (art. 6.1.a del RGPD)",
    "a contract (GDPR Art. 6(1)(b))": "un contrato (art. 6.1.b del RGPD)",
    "a legal obligation (GDPR Art. 6(1)(c))": "una obligación legal (art. 6.1.c del RGPD)",
    "vital interests (GDPR Art. 6(1)(d))": "intereses vitales (art. 6.1.d del RGPD)",
    "a task in the public interest (GDPR Art. 6(1)(e))": (
        "una misión de interés público (art. 6.1.e del RGPD)"
    ),
    "legitimate interests (GDPR Art. 6(1)(f))": "intereses legítimos (art. 6.1.f del RGPD)",
}

LETTER = {
    "Our answer to you": "Nuestra respuesta",
    "{controller}, {address}. {day:day}. Our reference: {reference}.": (
        "{controller}, {address}. {day:day}. Nuestra referencia: {reference}."
    ),
    "What we did": "Qué hemos hecho",
    "You asked us on {received:day} what we hold of you.": (
        "El {received:day} nos preguntó qué tenemos de usted."
    ),
    "You asked us on {received:day} to erase what we hold of you.": (
        "El {received:day} nos pidió borrar lo que tenemos de usted."
    ),
    "You told us on {received:day} that you object to being counted.": (
        "El {received:day} nos dijo que se opone a ser contado."
    ),
    "You asked us on {received:day} to restrict what we do with your data.": (
        "El {received:day} nos pidió limitar lo que hacemos con sus datos."
    ),
    "You asked us on {received:day} to correct what we hold of you.": (
        "El {received:day} nos pidió corregir lo que tenemos de usted."
    ),
    "On {day:day} we looked at every file of the device and at what it holds in memory. We found "
    "nothing that we can say is yours: no image, no name, no place.": (
        "El {day:day} miramos cada archivo del aparato y lo que tiene en la memoria. No hallamos "
        "nada de lo que podamos decir que es suyo: ni imagen, ni nombre, ni lugar."
    ),
    "While you were in view, the device followed you under a number of its own. After you left, "
    "it forgot it within {minutes} minutes.": (
        "Mientras estuvo a la vista, el aparato le siguió con un número propio. Cuando se fue, lo "
        "olvidó en {minutes} minutos como mucho."
    ),
    "On {day:day} we had the cameras forget all that they held in memory. We did so for everybody "
    "who was in view, because we cannot tell who is who.": (
        "El {day:day} hicimos que las cámaras olvidaran todo lo que tenían en la memoria. Lo "
        "hicimos para todos los que estaban a la vista, porque no sabemos quién es quién."
    ),
    "The totals stay. They are about many people and tell nothing of you.": (
        "Los totales quedan. Son de muchas personas y no dicen nada de usted."
    ),
    "We follow your objection.": "Aceptamos su oposición.",
    "We could not do so, because we cannot find out which data are yours.": (
        "No pudimos hacerlo, porque no podemos saber qué datos son suyos."
    ),
    "Why we do not know more": "Por qué no sabemos más",
    "The camera counts people. It stores no image and recognizes nobody. What we keep are totals "
    "of many people, made inexact on purpose.": (
        "La cámara cuenta personas. No guarda ninguna imagen y no reconoce a nadie. Lo que "
        "guardamos son totales de muchas personas, hechos inexactos a propósito."
    ),
    "So we cannot tell which of the people was you. The law does not make us find out who you are "
    "only to answer you (GDPR Art. 11).": (
        "Por eso no sabemos cuál de esas personas era usted. La ley no nos obliga a averiguarlo "
        "solo para responderle (art. 11 del RGPD)."
    ),
    "For the same reason you cannot have data corrected, erased or restricted here, unless you "
    "help us find them.": (
        "Por lo mismo, aquí no se puede corregir, borrar ni limitar nada, salvo que nos ayude a "
        "hallar sus datos."
    ),
    "How you can help us": "Cómo puede ayudarnos",
    "You can also ask us first: {contact}. An answer costs nothing.": (
        "También puede preguntarnos antes: {contact}. La respuesta es gratis."
    ),
}

STAFF = {
    "Facts for staff and the works council: {site}": (
        "Datos para la plantilla y sus representantes: {site}"
    ),
    "As of {day:day}.": "A {day:day}.",
    "What the cameras see": "Qué ven las cámaras",
    "Camera {camera}: blacked out before any program looks: {zones}.": (
        "Cámara {camera}: en negro antes de que mire ningún programa: {zones}."
    ),
    "Camera {camera}: nothing is blacked out. Is a workplace in view?": (
        "Cámara {camera}: nada está en negro. ¿Se ve un puesto de trabajo?"
    ),
    "Camera {camera}: these parts of the floor are counted: {zones}.": (
        "Cámara {camera}: se cuenta en estas partes del suelo: {zones}."
    ),
    "What can be told of you": "Qué se puede decir de usted",
    "No image is stored or sent, and nobody is recognized.": (
        "No se guarda ni se envía ninguna imagen, y no se reconoce a nadie."
    ),
    "Staff are counted like everybody else: a total of {minutes} minutes does not say who was "
    "there, nor what anybody did.": (
        "La plantilla se cuenta como los demás: un total de {minutes} minutos no dice quién "
        "estuvo ni qué hizo nadie."
    ),
    "Each visit is protected, not a working day. Who is there for hours is counted as many "
    "visits, and the protection of all of them together is weaker. The impact assessment says by "
    "how much.": (
        "Se protege cada visita, no una jornada. Quien está horas cuenta como muchas visitas, y "
        "la protección de todas juntas es más débil. La evaluación de impacto dice cuánto."
    ),
    "At hours when only staff are there, a total is about staff. Such hours are best left out of "
    "the authorized hours.": (
        "A las horas en que solo está la plantilla, un total trata de ella. Es mejor dejar esas "
        "horas fuera de la autorización."
    ),
    "What was agreed": "Qué se ha acordado",
    "What is done for staff: {what}": "Qué se hace por la plantilla: {what}",
    "How staff were heard: {what}": "Cómo se oyó a la plantilla: {what}",
    "How staff were heard has not been answered yet.": (
        "Cómo se oyó a la plantilla: aún sin respuesta."
    ),
    "Whether the works council has to agree is national law: ask counsel.": (
        "Si el comité de empresa debe estar de acuerdo es derecho nacional: consulte a un abogado."
    ),
    "How a change is noticed": "Cómo se nota un cambio",
    "Another purpose, place or hour needs another signed record: without it the camera stays "
    "closed.": (
        "Otro fin, lugar u horario necesita otra autorización firmada: sin ella la cámara sigue "
        "cerrada."
    ),
    "Every change of a setting is in the audit log, which is kept for {days} days and shows what "
    "was deleted from it.": (
        "Cada cambio de un ajuste está en el registro de auditoría, que se guarda {days} días y "
        "muestra lo que se borró de él."
    ),
}
