# SPDX-License-Identifier: Apache-2.0
"""French for the letter to a citizen, the fact sheet for staff, and what all have in common."""

COMMON = {
    "Attention: {text}": "Attention : {text}",
    "Evidence": "Preuves",
    "file": "fichier",
    "setting": "réglage",
    "entry": "entrée",
    "query": "requête",
    "command": "commande",
    "law": "droit",
    "scan": "examen",
    "answer": "réponse",
    "maker": "fabricant",
    "{title} · page {number}": "{title} · page {number}",
    "Monday": "lundi",
    "Tuesday": "mardi",
    "Wednesday": "mercredi",
    "Thursday": "jeudi",
    "Friday": "vendredi",
    "Saturday": "samedi",
    "Sunday": "dimanche",
    "{first} to {last}": "{first} à {last}",
    "consent (GDPR Art. 6(1)(a))": "le consentement (art. 6, § 1, a) du RGPD)",
    "a contract (GDPR Art. 6(1)(b))": "un contrat (art. 6, § 1, b) du RGPD)",
    "a legal obligation (GDPR Art. 6(1)(c))": "une obligation légale (art. 6, § 1, c) du RGPD)",
    "vital interests (GDPR Art. 6(1)(d))": "des intérêts vitaux (art. 6, § 1, d) du RGPD)",
    "a task in the public interest (GDPR Art. 6(1)(e))": (
        "une mission d’intérêt public (art. 6, § 1, e) du RGPD)"
    ),
    "legitimate interests (GDPR Art. 6(1)(f))": "des intérêts légitimes (art. 6, § 1, f) du RGPD)",
}

LETTER = {
    "Our answer to you": "Notre réponse",
    "{controller}, {address}. {day:day}. Our reference: {reference}.": (
        "{controller}, {address}. Le {day:day}. Notre référence : {reference}."
    ),
    "What we did": "Ce que nous avons fait",
    "You asked us on {received:day} what we hold of you.": (
        "Le {received:day}, vous nous avez demandé ce que nous avons sur vous."
    ),
    "You asked us on {received:day} to erase what we hold of you.": (
        "Le {received:day}, vous nous avez demandé d’effacer ce que nous avons sur vous."
    ),
    "You told us on {received:day} that you object to being counted.": (
        "Le {received:day}, vous nous avez dit que vous refusez d’être compté."
    ),
    "You asked us on {received:day} to restrict what we do with your data.": (
        "Le {received:day}, vous nous avez demandé de limiter l’usage de vos données."
    ),
    "You asked us on {received:day} to correct what we hold of you.": (
        "Le {received:day}, vous nous avez demandé de corriger ce que nous avons sur vous."
    ),
    "On {day:day} we looked at every file of the device and at what it holds in memory. We found "
    "nothing that we can say is yours: no image, no name, no place.": (
        "Le {day:day}, nous avons regardé chaque fichier de l’appareil et ce qu’il garde en "
        "mémoire. Nous n’avons rien trouvé dont nous puissions dire que c’est à vous : pas "
        "d’image, pas de nom, pas de lieu."
    ),
    "While you were in view, the device followed you under a number of its own. After you left, "
    "it forgot it within {minutes} minutes.": (
        "Tant que vous étiez visible, l’appareil vous a suivi sous un numéro à lui. Après votre "
        "départ, il l’a oublié en {minutes} minutes au plus."
    ),
    "On {day:day} we had the cameras forget all that they held in memory. We did so for everybody "
    "who was in view, because we cannot tell who is who.": (
        "Le {day:day}, nous avons fait oublier aux caméras tout ce qu’elles avaient en mémoire. "
        "Nous l’avons fait pour toutes les personnes visibles, car nous ne savons pas qui est qui."
    ),
    "The totals stay. They are about many people and tell nothing of you.": (
        "Les totaux restent. Ils portent sur beaucoup de personnes et ne disent rien de vous."
    ),
    "We follow your objection.": "Nous acceptons votre opposition.",
    "We could not do so, because we cannot find out which data are yours.": (
        "Nous n’avons pas pu le faire, car nous ne pouvons pas savoir quelles données sont à vous."
    ),
    "Why we do not know more": "Pourquoi nous n’en savons pas plus",
    "The camera counts people. It stores no image and recognizes nobody. What we keep are totals "
    "of many people, made inexact on purpose.": (
        "La caméra compte des personnes. Elle n’enregistre aucune image et ne reconnaît personne. "
        "Nous gardons des totaux sur beaucoup de personnes, rendus inexacts exprès."
    ),
    "So we cannot tell which of the people was you. The law does not make us find out who you are "
    "only to answer you (GDPR Art. 11).": (
        "Nous ne savons donc pas laquelle de ces personnes était vous. La loi ne nous oblige pas "
        "à le chercher pour seulement vous répondre (art. 11 du RGPD)."
    ),
    "For the same reason you cannot have data corrected, erased or restricted here, unless you "
    "help us find them.": (
        "Pour la même raison, rien ne peut être corrigé, effacé ou limité ici, sauf si vous nous "
        "aidez à trouver vos données."
    ),
    "How you can help us": "Comment vous pouvez nous aider",
    "You can also ask us first: {contact}. An answer costs nothing.": (
        "Vous pouvez aussi nous écrire d’abord : {contact}. La réponse est gratuite."
    ),
}

STAFF = {
    "Facts for staff and the works council: {site}": (
        "Fiche pour le personnel et ses représentants : {site}"
    ),
    "As of {day:day}.": "Au {day:day}.",
    "What the cameras see": "Ce que voient les caméras",
    "Camera {camera}: blacked out before any program looks: {zones}.": (
        "Caméra {camera} : noirci avant tout regard d’un programme : {zones}."
    ),
    "Camera {camera}: nothing is blacked out. Is a workplace in view?": (
        "Caméra {camera} : rien n’est noirci. Un poste de travail est-il visible ?"
    ),
    "Camera {camera}: these parts of the floor are counted: {zones}.": (
        "Caméra {camera} : on compte sur ces parties du sol : {zones}."
    ),
    "What can be told of you": "Ce qui peut être dit de vous",
    "No image is stored or sent, and nobody is recognized.": (
        "Aucune image n’est enregistrée ni envoyée, et personne n’est reconnu."
    ),
    "Staff are counted like everybody else: a total of {minutes} minutes does not say who was "
    "there, nor what anybody did.": (
        "Le personnel est compté comme tout le monde : un total de {minutes} minutes ne dit ni "
        "qui était là ni ce que chacun a fait."
    ),
    "Each visit is protected, not a working day. Who is there for hours is counted as many "
    "visits, and the protection of all of them together is weaker. The impact assessment says by "
    "how much.": (
        "Chaque visite est protégée, pas une journée de travail. Qui est là pendant des heures "
        "compte pour plusieurs visites, et leur protection ensemble est plus faible. L’analyse "
        "d’impact dit de combien."
    ),
    "At hours when only staff are there, a total is about staff. Such hours are best left out of "
    "the authorized hours.": (
        "Aux heures où seul le personnel est là, un total porte sur lui. Mieux vaut exclure ces "
        "heures de l’autorisation."
    ),
    "What was agreed": "Ce qui a été convenu",
    "What is done for staff: {what}": "Ce qui est fait pour le personnel : {what}",
    "How staff were heard: {what}": "Comment le personnel a été entendu : {what}",
    "How staff were heard has not been answered yet.": (
        "Comment le personnel a été entendu : pas encore de réponse."
    ),
    "Whether the works council has to agree is national law: ask counsel.": (
        "L’accord des représentants du personnel relève du droit national : consultez un avocat."
    ),
    "How a change is noticed": "Comment un changement se remarque",
    "Another purpose, place or hour needs another signed record: without it the camera stays "
    "closed.": (
        "Un autre but, lieu ou horaire demande une autre autorisation signée : sans elle, la "
        "caméra reste fermée."
    ),
    "Every change of a setting is in the audit log, which is kept for {days} days and shows what "
    "was deleted from it.": (
        "Chaque changement de réglage est dans le journal d’audit, gardé {days} jours, qui montre "
        "ce qui en a été supprimé."
    ),
}
