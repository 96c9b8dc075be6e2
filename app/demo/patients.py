"""Who is treated at the demo clinic. Nobody of these exists; addresses and telephones are of the kinds kept for fiction."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random

from slugify import slugify
from sqlalchemy.ext.asyncio import AsyncSession

from app.identity.actor import Actor
from app.patients import actions
from app.patients.models import Patient
from app.patients.schemas import Contact, PatientCreate

_NAMES = """
Abena Halloran, Aidan Vroomfield, Aisling Marchetti, Amara Lindqvist, Anneke Oyelaran, Arturo Penwith, Aurelia Kowalczyk, Ayesha Brannock,
Bartholomew Quist, Beatriz Holloway-Ng, Bronwen Achterberg, Callum Iyengar, Carys Montefiore, Chidi Applegarth, Clementine Osei, Cosmo Varga,
Dalia Ferncombe, Danuta Whitcombe, Declan Abubakar, Delphine Okoro, Dermot Castellane, Efua Ravensdale, Elif Warburton, Ewan Takahashi,
Farida Mossop, Fenella Gupta-Rowe, Florin Haverstock, Gareth Olukoya, Georgina Szabo, Gulsen Thackeray, Hamish Dattani, Hana Birkenshaw,
Heledd Nakamura, Hugo Vellacott, Ifeoma Strand, Imogen Castrillo, Ines Fairweather, Jadwiga Hollis, Jago Mensah, Jasleen Corrigan,
Joaquim Tredwell, Kamala Whitstable, Keir Andrzejak, Kerensa Boateng, Laszlo Merriweather, Leila Ormsby, Lowri Castavet, Lubna Hartnell,
Magnus Ezeani, Malika Trevanion, Marguerite Oduya, Mateusz Braithwaite, Meera Lockhart-Silva, Mostyn Achebe, Nadia Prendergast, Nerys Kapadia,
Ngozi Wetherby, Niamh Svoboda, Oisin Rahimi, Olwen Tanaka, Osman Fairclough, Padma Rutherglen, Petra Nwosu, Quentin Abara, Rhiannon Desai,
Roksana Milbourne, Rufus Adjei, Sabina Trelawny, Seren Chowdhury, Sholto Ibrahimovic, Siobhan Matsuda, Sunniva Blackwood, Tamsin Okeke,
Thaddeus Romero-Pike, Tirion Wexler, Umar Haldane, Valentina Gough, Wilhelmina Sarpong, Yusra Pemberton, Zofia Laverick
"""
# By age in years, a child's contact.
_CHILDREN = {"Callum Iyengar": (13, "Leena Iyengar", "mother"), "Lowri Castavet": (15, "Rafael Castavet", "father")}
_NOTES = {
    "Beatriz Holloway-Ng": "Uses a wheelchair: Garden room or Harbour room, please.",
    "Dermot Castellane": "Hard of hearing on the left. Write rather than ring.",
    "Gulsen Thackeray": "Faints easily: lies down for all treatments.",
    "Jago Mensah": "Takes a blood thinner; ask whether anything has changed.",
    "Padma Rutherglen": "Prefers to be treated by a woman.",
    "Umar Haldane": "Often ten minutes late because of the ferry.",
}


async def enrol(session: AsyncSession, actor: Actor, random: Random, now: datetime) -> list[Patient]:
    """Those whom the front desk knows."""
    return [await actions.create(session, actor, wanted, now=now) for wanted in _wanted(random, now.date())]


def _wanted(random: Random, today: date) -> Iterator[PatientCreate]:
    for number, name in enumerate(_names()):
        age, contacts = random.randint(19, 84), []
        if name in _CHILDREN:
            age, parent, relation = _CHILDREN[name]
            contacts = [Contact(name=parent, relation=relation, email=address(parent), phone=_mobile(900 - number))]
        phone = random.choice(
            [_mobile(number), _mobile(number), f"020 7946 {500 + number:04}", f"0161 496 {100 + number:04}", None]
        )
        yield PatientCreate(
            name=name,
            email=address(name) if phone is None or random.random() < 0.8 else None,
            phone=phone,
            date_of_birth=today - timedelta(days=age * 366 + random.randrange(300)),
            contacts=contacts,
            notes=_NOTES.get(name),
        )


def _names() -> list[str]:
    return [name.strip() for name in _NAMES.split(",")]


def address(name: str) -> str:
    return f"{slugify(name, separator='.')}@mail.example"


def _mobile(number: int) -> str:
    return f"07700 900{number:03}"
