# SPDX-License-Identifier: Apache-2.0
"""Spanish for the sign and the whole notice."""

SIGN = {
    "People are counted here": "Aquí se cuentan personas",
    "People will be counted here from {begin:day} on": (
        "Desde el {begin:day} se contarán personas aquí"
    ),
    "A camera counts. No image is stored, and nobody is recognized.": (
        "Una cámara cuenta. No se guarda ninguna imagen y no se reconoce a nadie."
    ),
    "Where": "Dónde",
    "What for": "Para qué",
    "Lawful basis": "Base jurídica",
    "Legitimate interest": "Interés legítimo",
    "When": "Cuándo",
    "{hours} ({zone})": "{hours} ({zone})",
    "What is kept": "Qué queda",
    "Totals of many people, made inexact on purpose, for {days} days.": (
        "Totales de muchas personas, hechos inexactos a propósito, durante {days} días."
    ),
    "Sent abroad": "Envíos al extranjero",
    "Controller": "Responsable",
    "Contact": "Contacto",
    "Data protection officer": "Delegado de protección de datos",
    "Your rights": "Sus derechos",
    "You may ask what is held of you, and have it corrected, erased or restricted.": (
        "Puede solicitar el acceso a sus datos, su rectificación o supresión, o la limitación de "
        "su tratamiento."
    ),
    "You may ask what is held of you, have it corrected, erased or restricted, and withdraw your "
    "consent at any time.": (
        "Puede solicitar el acceso a sus datos, su rectificación o supresión, o la limitación de "
        "su tratamiento. Puede retirar su consentimiento en cualquier momento."
    ),
    "Objection": "Oposición",
    "You may object at any time, on grounds of your own situation.": (
        "Puede oponerse en cualquier momento, por motivos de su situación particular."
    ),
    "Without a count": "Sin ser contado",
    "Pause": "Pausa",
    "Ask here: {desk}. Then nobody is counted for some minutes, and you need not say who you "
    "are.": (
        "Pídalo aquí: {desk}. Entonces no se cuenta a nadie durante unos minutos, y no tiene que "
        "decir quién es."
    ),
    "Complaint": "Reclamación",
    "Permitted": "Permitido",
    "until {end:day}": "hasta el {end:day}",
    "The whole notice, and how to reach us:": "El aviso completo, y cómo hablar con nosotros:",
    "Camera {camera}, {site}. Record {id}": "Cámara {camera}, {site}. Autorización {id}",
}

NOTICE = {
    "How people are counted: {site}": "Cómo se cuentan las personas: {site}",
    "This is the whole notice to the sign at the door, as of {day:day}.": (
        "Este es el aviso completo del cartel de la puerta, a {day:day}."
    ),
    "Who is responsible": "Quién es responsable",
    "Controller: {controller}, {address}.": "Responsable del tratamiento: {controller}, {address}.",
    "Contact: {contact}.": "Contacto: {contact}.",
    "Data protection officer: {contact}.": "Delegado de protección de datos: {contact}.",
    "There is no data protection officer; turn to the contact above.": (
        "No hay delegado de protección de datos; escriba al contacto de arriba."
    ),
    "Responsible together with us: {joint}.": "Responsables junto con nosotros: {joint}.",
    "What the camera does": "Qué hace la cámara",
    "Camera {camera} sees {area}. It counts at these hours: {hours} ({zone}).": (
        "La cámara {camera} ve: {area}. Cuenta a estas horas: {hours} ({zone})."
    ),
    "A program in the device looks at each image and overwrites it at once. The device sends no "
    "image.": (
        "Un programa en el aparato mira cada imagen y la borra enseguida. El aparato no envía "
        "ninguna imagen."
    ),
    "While you are in view, the program follows you under a number. Nobody can tell that the "
    "number is you. It is never written down, and it is replaced after at most {minutes} minutes. "
    "Until then it counts as personal data.": (
        "Mientras está a la vista, el programa le sigue con un número. Nadie sabe que es usted. El "
        "número nunca se escribe y se cambia a los {minutes} minutos como mucho. Hasta entonces es "
        "un dato personal."
    ),
    "Nobody's face, age, sex or mood is told.": (
        "No se dice la cara, la edad, el sexo ni el ánimo de nadie."
    ),
    "What leaves the device are totals, such as how many people were in a part of the room in "
    "{minutes} minutes. To each, a random number is added. So no total tells for certain whether "
    "you were there.": (
        "Del aparato solo salen totales, como cuántas personas hubo en una parte de la sala en "
        "{minutes} minutos. A cada uno se le suma un número al azar. Así ningún total dice "
        "con certeza si usted estuvo."
    ),
    "A total of fewer than {k} people, as it is told, is not shown.": (
        "Un total que dice menos de {k} personas no se muestra."
    ),
    "Camera {camera}: {purpose}.": "Cámara {camera}: {purpose}.",
    "What is decided by it: {decisions}": "Qué se decide con ello: {decisions}",
    "We do this on the basis of {basis}.": "La base jurídica es: {basis}.",
    "Our interest: {interest}": "Nuestro interés: {interest}",
    "The law behind it: {law}": "La ley en que se basa: {law}",
    "What is kept, and who gets it": "Qué queda, y quién lo recibe",
    "Who reads them: {readers}.": "Quién los lee: {readers}.",
    "Who works for us: {who}.": "Quién trabaja para nosotros: {who}.",
    "Sent to countries outside the European Economic Area: {what}.": (
        "Enviado a países fuera del Espacio Económico Europeo: {what}."
    ),
    "Sums over several places are made of ours, too; whoever makes them does not see what "
    "was counted here.": (
        "También se hacen sumas de varios lugares; quien las hace no ve lo que se contó aquí."
    ),
    "Nothing is sent to countries outside the European Economic Area.": (
        "No se envía nada a países fuera del Espacio Económico Europeo."
    ),
    "How not to be counted": "Cómo no ser contado",
    "Somebody acts on the totals of camera {camera} at once. So we refuse no objection for the "
    "reason that they are statistics.": (
        "Con los totales de la cámara {camera} se actúa enseguida. Por eso no rechazamos ninguna "
        "oposición por tratarse de estadísticas."
    ),
    "The totals of camera {camera} are used for statistics only.": (
        "Los totales de la cámara {camera} sirven solo para estadísticas."
    ),
    "We do not know who you are, and the law does not make us find out.": (
        "No sabemos quién es usted, y la ley no nos obliga a averiguarlo."
    ),
    "If you ask, tell us where you were, on which day and at what time. We then look whether "
    "there is anything of yours. You need no identity card and no photo for it.": (
        "Si pregunta, díganos dónde estuvo, qué día y a qué hora. Entonces miramos si hay algo "
        "suyo. No necesita documento de identidad ni foto."
    ),
    "No decision about you is made by a machine, and nothing obliges you to be counted.": (
        "Ninguna máquina decide sobre usted, y nada le obliga a ser contado."
    ),
    "This is permitted until {end:day}.": "Está permitido hasta el {end:day}.",
    "If you are not satisfied": "Si no está de acuerdo",
    "You have the right to lodge a complaint with a supervisory authority. Ours is: {authority}.": (
        "Tiene derecho a presentar una reclamación ante una autoridad de control. La nuestra es: "
        "{authority}."
    ),
    "You can also go to court.": "También puede acudir a los tribunales.",
}
