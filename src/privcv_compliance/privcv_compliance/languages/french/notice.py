# SPDX-License-Identifier: Apache-2.0
"""French for the sign and the whole notice."""

SIGN = {
    "People are counted here": "Ici, des personnes sont comptées",
    "People will be counted here from {begin:day} on": (
        "À partir du {begin:day}, des personnes seront comptées ici"
    ),
    "A camera counts. No image is stored, and nobody is recognized.": (
        "Une caméra compte. Aucune image n’est enregistrée et personne n’est reconnu."
    ),
    "Where": "Où",
    "What for": "Pourquoi",
    "Lawful basis": "Base juridique",
    "Legitimate interest": "Intérêt légitime",
    "When": "Quand",
    "{hours} ({zone})": "{hours} ({zone})",
    "What is kept": "Ce qui reste",
    "Totals of many people, made inexact on purpose, for {days} days.": (
        "Des totaux sur beaucoup de personnes, rendus inexacts exprès, pendant {days} jours."
    ),
    "Sent abroad": "Transferts à l’étranger",
    "Controller": "Responsable",
    "Contact": "Contact",
    "Data protection officer": "Délégué à la protection des données",
    "Your rights": "Vos droits",
    "You may ask what is held of you, and have it corrected, erased or restricted.": (
        "Vous pouvez demander l’accès à vos données, leur rectification, leur effacement ou une "
        "limitation de leur traitement."
    ),
    "You may ask what is held of you, have it corrected, erased or restricted, and withdraw your "
    "consent at any time.": (
        "Vous pouvez demander l’accès à vos données, leur rectification, leur effacement ou une "
        "limitation de leur traitement. Vous pouvez retirer votre consentement à tout moment."
    ),
    "Objection": "Opposition",
    "You may object at any time, on grounds of your own situation.": (
        "Vous pouvez vous opposer à tout moment, pour des raisons tenant à votre situation."
    ),
    "Without a count": "Sans être compté",
    "Pause": "Pause",
    "Ask here: {desk}. Then nobody is counted for some minutes, and you need not say who you "
    "are.": (
        "Demandez ici : {desk}. Alors personne n’est compté pendant quelques minutes, et vous "
        "n’avez pas à dire qui vous êtes."
    ),
    "Complaint": "Réclamation",
    "Permitted": "Autorisé",
    "until {end:day}": "jusqu’au {end:day}",
    "The whole notice, and how to reach us:": "La notice complète, et comment nous joindre :",
    "Camera {camera}, {site}. Record {id}": "Caméra {camera}, {site}. Autorisation {id}",
}

NOTICE = {
    "How people are counted: {site}": "Comment les personnes sont comptées : {site}",
    "This is the whole notice to the sign at the door, as of {day:day}.": (
        "Voici la notice complète du panneau à la porte, au {day:day}."
    ),
    "Who is responsible": "Qui est responsable",
    "Controller: {controller}, {address}.": "Responsable du traitement : {controller}, {address}.",
    "Contact: {contact}.": "Contact : {contact}.",
    "Data protection officer: {contact}.": "Délégué à la protection des données : {contact}.",
    "There is no data protection officer; turn to the contact above.": (
        "Il n’y a pas de délégué à la protection des données ; écrivez au contact ci-dessus."
    ),
    "Responsible together with us: {joint}.": "Responsables avec nous : {joint}.",
    "What the camera does": "Ce que fait la caméra",
    "Camera {camera} sees {area}. It counts at these hours: {hours} ({zone}).": (
        "La caméra {camera} voit : {area}. Elle compte à ces heures : {hours} ({zone})."
    ),
    "A program in the device looks at each image and overwrites it at once. The device sends no "
    "image.": (
        "Un programme dans l’appareil regarde chaque image et l’écrase aussitôt. L’appareil "
        "n’envoie aucune image."
    ),
    "While you are in view, the program follows you under a number. Nobody can tell that the "
    "number is you. It is never written down, and it is replaced after at most {minutes} minutes. "
    "Until then it counts as personal data.": (
        "Tant que vous êtes visible, le programme vous suit sous un numéro. Personne ne sait que "
        "c’est vous. Le numéro n’est jamais écrit, et il est remplacé après {minutes} minutes au "
        "plus. Jusque-là, c’est une donnée à caractère personnel."
    ),
    "Nobody's face, age, sex or mood is told.": (
        "Le visage, l’âge, le sexe et l’humeur de personne ne sont relevés."
    ),
    "What leaves the device are totals, such as how many people were in a part of the room in "
    "{minutes} minutes. To each, a random number is added. So no total tells for certain whether "
    "you were there.": (
        "Seuls des totaux sortent de l’appareil, comme le nombre de personnes dans une partie de "
        "la salle en {minutes} minutes. À chacun, un nombre au hasard est ajouté. Ainsi aucun "
        "total ne dit avec certitude si vous étiez là."
    ),
    "A total of fewer than {k} people, as it is told, is not shown.": (
        "Un total qui indique moins de {k} personnes n’est pas montré."
    ),
    "Camera {camera}: {purpose}.": "Caméra {camera} : {purpose}.",
    "What is decided by it: {decisions}": "Ce qui est décidé avec : {decisions}",
    "We do this on the basis of {basis}.": "La base juridique est : {basis}.",
    "Our interest: {interest}": "Notre intérêt : {interest}",
    "The law behind it: {law}": "La loi applicable : {law}",
    "What is kept, and who gets it": "Ce qui reste, et qui le reçoit",
    "Who reads them: {readers}.": "Qui les lit : {readers}.",
    "Who works for us: {who}.": "Qui travaille pour nous : {who}.",
    "Sent to countries outside the European Economic Area: {what}.": (
        "Transferts hors de l’Espace économique européen : {what}."
    ),
    "Sums over several places are made of ours, too; whoever makes them does not see what "
    "was counted here.": (
        "Des sommes sur plusieurs lieux en sont aussi faites ; qui les fait ne voit pas ce "
        "qui a été compté ici."
    ),
    "Nothing is sent to countries outside the European Economic Area.": (
        "Rien n’est envoyé hors de l’Espace économique européen."
    ),
    "How not to be counted": "Comment ne pas être compté",
    "Somebody acts on the totals of camera {camera} at once. So we refuse no objection for the "
    "reason that they are statistics.": (
        "Les totaux de la caméra {camera} servent à agir tout de suite. Nous ne rejetons donc "
        "aucune opposition au motif qu’il s’agit de statistiques."
    ),
    "The totals of camera {camera} are used for statistics only.": (
        "Les totaux de la caméra {camera} ne servent qu’à des statistiques."
    ),
    "We do not know who you are, and the law does not make us find out.": (
        "Nous ne savons pas qui vous êtes, et la loi ne nous oblige pas à le chercher."
    ),
    "If you ask, tell us where you were, on which day and at what time. We then look whether "
    "there is anything of yours. You need no identity card and no photo for it.": (
        "Si vous demandez, dites-nous où vous étiez, quel jour et à quelle heure. Nous regardons "
        "alors s’il y a quelque chose de vous. Il ne faut ni carte d’identité ni photo."
    ),
    "No decision about you is made by a machine, and nothing obliges you to be counted.": (
        "Aucune machine ne décide de vous, et rien ne vous oblige à être compté."
    ),
    "This is permitted until {end:day}.": "C’est autorisé jusqu’au {end:day}.",
    "If you are not satisfied": "Si vous n’êtes pas d’accord",
    "You have the right to lodge a complaint with a supervisory authority. Ours is: {authority}.": (
        "Vous avez le droit d’introduire une réclamation auprès d’une autorité de contrôle. La "
        "nôtre est : {authority}."
    ),
    "You can also go to court.": "Vous pouvez aussi saisir un tribunal.",
}
