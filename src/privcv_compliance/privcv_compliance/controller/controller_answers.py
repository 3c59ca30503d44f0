# SPDX-License-Identifier: Apache-2.0
"""What only the controller can say in an impact assessment (DPIA): the model of ``dpia.yaml``.

The points are those of WP248 rev.01, annex 2, with the scales of the CNIL's method (severity and
likelihood in four levels). The description of a field is the question that is asked. An empty text
and ``null`` mean: not answered yet; an empty list means: none.
"""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from privcv_core.settings.model import Settings

Text = Annotated[str, Field(max_length=2000)]
Texts = Annotated[list[Text], Field(max_length=40)]

Level = Literal["negligible", "limited", "significant", "maximum"]
LEVELS: tuple[Level, ...] = ("negligible", "limited", "significant", "maximum")
"""The CNIL's four levels, of severity and of likelihood, from the lowest."""

Criterion = Literal[
    "scoring",
    "automated_decisions",
    "systematic_monitoring",
    "sensitive_data",
    "large_scale",
    "matching",
    "vulnerable_people",
    "innovative_use",
    "prevents_a_right",
]
"""The nine criteria of WP248 rev.01, section III.B; two of them mostly call for an assessment."""


class Controller(Settings):
    """Who is responsible."""

    name: Text = Field("", description="Who is the controller (GDPR Art. 4(7))?")
    address: Text = Field("", description="The controller's postal address?")
    contact: Text = Field("", description="Where do people turn to (e-mail, phone)?")
    supervisory_authority: Text = Field(
        "", description="Which supervisory authority takes complaints (name, address or page)?"
    )


class Need(Settings):
    """Why there is an assessment."""

    criteria: list[Criterion] | None = Field(
        None, description="Which of the nine criteria of WP248 apply?"
    )
    authority_list: Text = Field(
        "", description="Is the processing on the authority's list (GDPR Art. 35(4))? Ask counsel."
    )
    codes_of_conduct: Text = Field(
        "", description="Which approved codes of conduct apply (GDPR Art. 35(8)), or none?"
    )


class Purpose(Settings):
    """What it is for, and why it is lawful."""

    decisions: Text = Field("", description="What is decided by the figures, and who decides it?")
    benefit: Text = Field("", description="Who gains what by it?")
    legal_task: Text = Field(
        "", description="Which law gives the task or the obligation? Ask counsel."
    )
    interest: Text = Field("", description="Which legitimate interest is pursued?")
    expectation: Text = Field(
        "", description="What may people expect there, from their relationship with you?"
    )
    balance: Text = Field(
        "", description="Why do the interests and rights of people not override that interest?"
    )


class Necessity(Settings):
    """Why nothing milder would do (GDPR Art. 35(7)(b))."""

    light_barrier: Text = Field("", description="Why would a light barrier not do?")
    time_of_flight: Text = Field(
        "", description="Why would a depth sensor (time of flight) that takes no image not do?"
    )
    turnstile: Text = Field("", description="Why would a turnstile or a door counter not do?")
    by_hand: Text = Field("", description="Why would counting by hand, now and then, not do?")
    less: Text = Field(
        "", description="Why would fewer cameras, zones or hours, or a smaller epsilon, not do?"
    )


class People(Settings):
    """Whom it concerns."""

    children: Literal["none", "some", "mainly"] | None = Field(
        None, description="Are there children among the people?"
    )
    children_measures: Text = Field("", description="What is done for children?")
    staff: bool | None = Field(None, description="Do people work where a camera looks?")
    staff_measures: Text = Field("", description="What keeps the figures from measuring staff?")
    staff_consultation: Text = Field(
        "", description="How were staff or the works council heard? National law: ask counsel."
    )
    special_categories: Text = Field(
        "",
        description="Does being there tell health, religion or the like of somebody (GDPR Art. 9)?",
    )
    others: Text = Field("", description="Who else is vulnerable there, and what is done for them?")
    regular_visits_a_day: int = Field(
        1, ge=1, le=50, description="How often a day does a regular come?"
    )
    regular_days_a_year: int = Field(
        50, ge=1, le=366, description="On how many days a year does a regular come?"
    )
    staff_hours_a_day: int = Field(
        8, ge=1, le=24, description="How many hours a day is an employee in view, at most?"
    )
    staff_days_a_year: int = Field(
        220, ge=1, le=366, description="On how many days a year is an employee in view?"
    )


class Recipients(Settings):
    """Who gets the reports, and for how long."""

    readers: Texts | None = Field(None, description="Who reads the reports (roles)?")
    processors: Texts | None = Field(
        None, description="Which processors are there, for what, by which contract (GDPR Art. 28)?"
    )
    joint_controllers: Texts | None = Field(
        None, description="Which joint controllers, by which arrangement (GDPR Art. 26)?"
    )
    transfers: Texts | None = Field(
        None,
        description="Which transfers to countries outside the EEA, on what ground (Chapter V)?",
    )
    retention_days: int | None = Field(
        None, ge=1, le=36500, description="For how many days are reports kept at the collector?"
    )


class Rights(Settings):
    """How people are told and can act."""

    informed: Text = Field("", description="How and where are people told (GDPR Art. 13)?")
    uncounted: Text = Field("", description="How can somebody go there without being counted?")
    desk: Text = Field(
        "",
        description="Where does somebody ask that nobody is counted for some minutes (privcv "
        "pause), or nowhere?",
    )
    objection: Text = Field("", description="Who decides on an objection, and what then happens?")


class Consultation(Settings):
    """The views of data subjects (GDPR Art. 35(9))."""

    asked: bool | None = Field(None, description="Were people or their representatives asked?")
    outcome: Text = Field("", description="What did they say, or why were they not asked?")


class Dpo(Settings):
    """The data protection officer (GDPR Art. 35(2), 37 to 39)."""

    appointed: bool | None = Field(None, description="Is there a data protection officer?")
    contact: Text = Field("", description="How is the officer reached?")
    opinion: Text = Field("", description="What does the officer advise?")
    opinion_on: date | None = Field(None, description="On which day did the officer advise?")
    followed: bool | None = Field(None, description="Is the advice followed?")
    why_not: Text = Field("", description="Why is it not followed?")


class Rating(Settings):
    """One risk to people, before and after the measures."""

    severity_before: Level | None = Field(None, description="How severe is it without measures?")
    likelihood_before: Level | None = Field(None, description="How likely is it without measures?")
    severity_after: Level | None = Field(None, description="How severe is it with the measures?")
    likelihood_after: Level | None = Field(None, description="How likely is it with the measures?")
    reason: Text = Field("", description="Why is it rated so?")


class Risks(Settings):
    """Risks to the rights and freedoms of people, seen by them (GDPR Art. 35(7)(c))."""

    access: Rating = Field(Rating(), description="Somebody sees frames or tracks who must not.")
    change: Rating = Field(Rating(), description="Somebody changes figures or settings unseen.")
    loss: Rating = Field(Rating(), description="Records or figures are lost.")
    linking: Rating = Field(
        Rating(), description="Somebody learns from what is kept or sent that a person was there."
    )
    other_use: Rating = Field(
        Rating(), description="The cameras are used for something else, such as watching staff."
    )
    chilling: Rating = Field(Rating(), description="People feel watched and behave differently.")


class PriorConsultation(Settings):
    """The supervisory authority, where a high risk remains (GDPR Art. 36)."""

    asked_on: date | None = Field(None, description="On which day was the authority consulted?")
    outcome: Text = Field("", description="What did the authority say?")


class Review(Settings):
    """When it is looked at again (GDPR Art. 35(11))."""

    due: date | None = Field(None, description="By which day is this assessment reviewed?")
    triggers: Text = Field("", description="What else calls for a review before that?")


class SignOff(Settings):
    """Who answers for it. The digests say what was signed: they are entered, not typed."""

    by: Text = Field("", description="Who decides, as what (a role)?")
    on: date | None = Field(None, description="On which day was it signed off?")
    decision: Literal["go", "go_with_conditions", "stop"] | None = Field(
        None, description="What is decided about the processing?"
    )
    conditions: Text = Field("", description="On which conditions may it go on?")
    site_sha256: str = Field("", pattern=r"^([0-9a-f]{64})?$", description="of the site file")
    answers_sha256: str = Field(
        "", pattern=r"^([0-9a-f]{64})?$", description="of all answers above"
    )


class ControllerAnswers(Settings):
    """All that the controller says."""

    controller: Controller = Controller()
    need: Need = Need()
    purpose: Purpose = Purpose()
    necessity: Necessity = Necessity()
    people: People = People()
    recipients: Recipients = Recipients()
    rights: Rights = Rights()
    consultation: Consultation = Consultation()
    dpo: Dpo = Dpo()
    risks: Risks = Risks()
    prior_consultation: PriorConsultation = PriorConsultation()
    review: Review = Review()
    sign_off: SignOff = SignOff()
