"""Who treats at the demo clinic, what they offer, and when."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.clinic.models import Location
from app.demo.premises import QUILLOW_LANE, TERN_QUAY
from app.demo.treatments import CALL, COMMUNITY, CUPPING, EAR, ELECTRO, FOLLOW_UP, INITIAL, MAINTENANCE, attended, pounds, resting
from app.identity.actor import Actor
from app.kit.wire import Money
from app.practitioners import actions, queries
from app.practitioners.models import Practitioner
from app.practitioners.schemas import Hours, HoursPut, Offer, PractitionerCreate, Registration
from app.treatments.models import Treatment
from app.treatments.schemas import Phase

MAREN, TOMASZ, ANJALI, HYE_JIN, IDRIS = (
    "maren-adeyemi",
    "tomasz-zielak",
    "anjali-thornbury",
    "hye-jin-calloway",
    "idris-penhallow",
)

_REGISTER, _GUILD = "Register of Needling Practice", "Guild of East Asian Medicine"
_WEEKDAYS = {"Mon": 1, "Tue": 2, "Wed": 3, "Thu": 4, "Fri": 5, "Sat": 6, "Sun": 7}


@dataclass(frozen=True, slots=True)
class _Person:
    """Registrations are body, number and the years after this one to whose end they run; hours are lines by location."""

    name: str
    slug: str
    bio: str
    languages: list[str]
    treatments: tuple[str, ...]
    registrations: tuple[tuple[str, str, int], ...]
    hours: Mapping[str, tuple[str, ...]]
    daily_limit: int | None = None
    prices: Mapping[str, Money] = field(default_factory=dict)
    phases: Mapping[str, list[Phase]] = field(default_factory=dict)


_PEOPLE = (
    _Person(
        name="Maren Adeyemi",
        slug=MAREN,
        bio="Founded the clinic after ten years as a hospital physiotherapist. Sees people with long-standing pain, and likes to take her time"
        " over a first conversation.",
        languages=["en-GB", "da"],
        treatments=(INITIAL, FOLLOW_UP, ELECTRO, MAINTENANCE, EAR, CALL),
        registrations=((_REGISTER, "RNP-10482", 3), (_GUILD, "GEM/0917", 2)),
        hours={
            QUILLOW_LANE: (
                "Mon 09:00-13:00",
                "Mon 14:00-17:30",
                "Tue 09:00-13:00",
                "Tue 14:00-17:30",
                "Wed 09:00-13:00",
                "Thu 12:00-15:30",
                "Thu 16:00-20:00",
            )
        },
        prices={INITIAL: pounds("92.00")},
    ),
    _Person(
        name="Tomasz Zielak",
        slug=TOMASZ,
        bio="Treats shoulders, knees and the runners they belong to. Works late twice a week for those who cannot come by day.",
        languages=["en-GB", "pl"],
        treatments=(INITIAL, FOLLOW_UP, CUPPING, ELECTRO, CALL),
        registrations=((_REGISTER, "RNP-11763", 2),),
        hours={
            QUILLOW_LANE: (
                "Mon 12:00-16:00",
                "Mon 16:30-20:00",
                "Wed 12:00-16:00",
                "Wed 16:30-20:00",
                "Fri 09:00-12:30",
                "Fri 13:30-16:00",
            )
        },
        phases={FOLLOW_UP: [attended(20), resting(20), attended(10)]},
    ),
    _Person(
        name="Anjali Thornbury",
        slug=ANJALI,
        bio="Divides her week between both houses. Has a particular interest in sleep, stress and headaches, and teaches a small class for"
        " colleagues.",
        languages=["en-GB", "gu", "hi"],
        treatments=(INITIAL, FOLLOW_UP, COMMUNITY, EAR, MAINTENANCE),
        registrations=((_GUILD, "GEM/1284", 4),),
        hours={
            TERN_QUAY: ("Tue 09:30-13:00", "Tue 14:00-17:30", "Wed 13:30-17:30"),
            QUILLOW_LANE: ("Wed 09:00-13:00", "Fri 10:00-13:30", "Fri 14:30-18:00"),
        },
    ),
    _Person(
        name="Hye-jin Calloway",
        slug=HYE_JIN,
        bio="Started our group room, because acupuncture should not be only for those with money and a free afternoon.",
        languages=["en-GB", "ko"],
        treatments=(INITIAL, FOLLOW_UP, COMMUNITY, EAR, CALL),
        registrations=((_REGISTER, "RNP-12055", 3),),
        hours={
            TERN_QUAY: (
                "Tue 09:30-12:30",
                "Thu 10:00-13:30",
                "Thu 14:30-18:00",
                "Fri 09:30-12:30",
                "Fri 13:30-15:30",
                "Sat/2 10:00-14:00",
            )
        },
    ),
    _Person(
        name="Idris Penhallow",
        slug=IDRIS,
        bio="Came to acupuncture from nursing. Keeps his days short and his appointments unhurried; here on Saturdays too.",
        languages=["en-GB", "cy"],
        treatments=(INITIAL, FOLLOW_UP, CUPPING, EAR, MAINTENANCE),
        registrations=((_REGISTER, "RNP-12340", 2),),
        hours={QUILLOW_LANE: ("Tue 08:00-14:00", "Thu 08:00-14:00", "Sat 09:00-12:30", "Sat 13:00-15:00")},
        daily_limit=7,
    ),
)


async def employ(
    session: AsyncSession, actor: Actor, locations: Mapping[str, Location], treatments: Mapping[str, Treatment], today: date
) -> dict[str, Practitioner]:
    """The practitioners, by slug."""
    made = {}
    for person in _PEOPLE:
        wanted = PractitionerCreate(
            name=person.name,
            slug=person.slug,
            bio=person.bio,
            languages=person.languages,
            treatments=[
                Offer(treatment_id=treatments[slug].id, price=person.prices.get(slug), phases=person.phases.get(slug))
                for slug in person.treatments
            ],
            registrations=[
                Registration(body=body, number=number, valid_until=date(today.year + years, 12, 31))
                for body, number, years in person.registrations
            ],
            daily_limit=person.daily_limit,
        )
        practitioner_id = (await actions.create(session, actor, wanted)).id
        made[person.slug] = practitioner = await queries.get_diary_of(session, actor, practitioner_id)
        hours = [line for slug, lines in person.hours.items() for line in _hours(locations[slug], lines, today)]
        await actions.replace_hours(session, actor, practitioner, HoursPut(items=hours))
    return made


def _hours(location: Location, lines: Iterable[str], today: date) -> Iterator[Hours]:
    """Of lines such as "Mon 09:00-13:00"; "Sat/2" is every other Saturday, since some weeks before the demo's month."""
    for line in lines:
        day, times = line.split(" ")
        weekday, _, weeks = day.partition("/")
        starts, ends = times.split("-")
        yield Hours.model_validate(
            {
                "location_id": location.id,
                "weekday": _WEEKDAYS[weekday],
                "starts": starts,
                "ends": ends,
                "valid_from": today - timedelta(weeks=4) if weeks else None,
                "every_weeks": int(weeks or 1),
            }
        )
