"""Who books at the demo clinic without being known there, through the web site."""

from dataclasses import dataclass

from app.appointments.schemas import PatientHere
from app.demo.patients import address
from app.demo.treatments import CALL, CUPPING, ELECTRO, FOLLOW_UP, INITIAL
from app.patients.schemas import Person


@dataclass(frozen=True, slots=True)
class Stranger:
    """Takes a time from so many days on."""

    in_days: int
    treatment: str
    patient: PatientHere
    notes: str | None = None


def _person(name: str, phone: str | None = None, booked_by: Person | None = None) -> PatientHere:
    return PatientHere(name=name, email=None if phone else address(name), phone=phone, booked_by=booked_by)


STRANGERS = (
    Stranger(1, CALL, _person("Ottoline Farrukh", "07700 900871"), "Please ring after the school run if you can."),
    Stranger(2, INITIAL, _person("Casimir Holt-Agbaje")),
    Stranger(3, ELECTRO, _person("Mirembe Longstaff"), "I had this for my knee in Leeds last year. No pacemaker."),
    Stranger(4, CALL, _person("Peredur Samarasinghe")),
    Stranger(
        5, ELECTRO, _person("Ulrike Banerji", "07700 900872"), "My physiotherapist suggested it. I take blood pressure tablets."
    ),
    Stranger(6, CUPPING, _person("Donncha Mbeki-Shaw")),
    Stranger(
        8,
        INITIAL,
        _person("Edith Karamanlis", booked_by=Person(name="Theo Karamanlis", email=address("Theo Karamanlis"))),
        "I am booking for my mother, who is 81. Is there a step at the door?",
    ),
    Stranger(9, ELECTRO, _person("Rosalind Chukwu"), "Tennis elbow, since the summer."),
    Stranger(11, INITIAL, _person("Benedikt Arrowsmith", "07700 900873")),
    Stranger(13, ELECTRO, _person("Faye Underwood-Patil"), "Mornings suit me best, but I will take what there is."),
    Stranger(16, FOLLOW_UP, _person("Ignatius Moreau-Reid"), "I have just moved here and was treated at home until September."),
    Stranger(19, ELECTRO, _person("Solveig Tunde", "07700 900874")),
)
