"""Everything that is measured, and how."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from types import MappingProxyType

import httpx

from benchmarks import bulk, core, courses, load, promises, rush, workload
from benchmarks.desk import Desk, Once
from benchmarks.figures import Sample
from benchmarks.load import Moved, Slice
from benchmarks.plan_sizes import DOZEN, OTHERS, Planned
from benchmarks.promises import (
    ARTICLE,
    BOOKING,
    BOOKING_MOVED,
    FURTHER_SESSION,
    NOT_MODIFIED,
    NOTHING_KEPT,
    ONE,
    ONE_BY_ONE,
    PGBENCH,
    PLAN,
    PLAN_ANEW,
    REFUSAL,
    SIXTY_ANEW,
    STILL_REFUSAL,
    TEN_BY_THIRTY,
    F,
)
from benchmarks.rush import Rush
from benchmarks.seed import Group
from benchmarks.target import Grown, Site, Target, token_of
from benchmarks.workload import LARGER, SIXTY, TEN, Booking

Measure = Callable[[int, float], Sample]


@dataclass(frozen=True, slots=True)
class Case:
    """`measure` takes the number of clients and of seconds."""

    name: str
    measure: Measure
    clients: tuple[int, ...] = (1, 8)


@dataclass(frozen=True, slots=True)
class Crowd:
    """So many who want one and the same time at once; `measure` lets them, each time for another time."""

    size: int
    measure: Callable[[], Rush]


def all_cases(target: Target, desk: Desk) -> list[Case]:
    """`desk` is that of the product."""
    seeded, question = target.seeded, target.question
    desk.take(target.product.port)
    tag = _checked(target)
    paths, day = seeded.availability_paths(question), seeded.day_path(question)
    asked, here = seeded.practitioner_ids, target.product
    moved = _moved(here, seeded.desk_ids)

    def get(port: int, path: str, status: int = 200, headers: Mapping[str, str] = MappingProxyType({})) -> Measure:
        return _get(target.loader, port, path, status, headers)

    def fresh(site: Site, paths: Sequence[str], practitioner_ids: Sequence[str]) -> Measure:
        return _fresh(target.loader, site, paths, practitioner_ids)

    by_name = {group.size.name: group for group in target.groups}
    plan = courses.plan_request(target.question, by_name[SIXTY.name], token_of(target.larger.port))
    courses.check_plan(target.larger.port, plan)
    return [
        Case("bare ASGI", get(target.floors, "/bare"), clients=(1,)),
        Case(F, get(target.floors, "/f")),
        Case("FastAPI and one row", get(target.floors, "/row")),
        Case(TEN_BY_THIRTY, fresh(here, paths, asked)),
        Case(NOTHING_KEPT, get(target.forgetful.port, paths[0])),
        Case(promises.repeated(TEN.name), get(here.port, paths[0])),
        _core(target, TEN.name, TEN.booked(), TEN.practitioners, TEN.days),
        Case(ONE_BY_ONE, fresh(here, [day], asked[:1]), clients=(1,)),
        Case(promises.repeated(ONE), get(here.port, day), clients=(1,)),
        _core(target, ONE, TEN.booked(), 1, 1),
        *(
            Case(
                promises.availability(group.size.name),
                fresh(target.larger, [group.availability_path(question)], group.practitioner_ids),
                clients=(1,),
            )
            for group in target.groups
        ),
        *(_core(target, size.name, size.booked(), size.practitioners, size.days) for size in LARGER),
        Case(ARTICLE, get(here.port, seeded.article_path)),
        Case(NOT_MODIFIED, get(here.port, seeded.article_path, 304, {"If-None-Match": tag})),
        Case(BOOKING, Once(target.loader, here.port, desk.bookings(), 201).measure),
        Case(BOOKING_MOVED, Once(target.loader, here.port, desk.bookings(), 201, moved).measure, clients=(1,)),
        Case(REFUSAL, Once(target.loader, here.port, desk.refusals(), 409, moved).measure, clients=(1,)),
        Case(STILL_REFUSAL, Once(target.loader, here.port, desk.refusals(), 409).measure, clients=(1,)),
        Case(FURTHER_SESSION, courses.Courses(target.loader, here.port, desk, token_of(here.port)).measure, clients=(1,)),
        Case(PLAN, _planning(target, by_name[SIXTY.name], plan), clients=(1,)),
        Case(PLAN_ANEW, _same(target.loader, target.forgetful.port, plan), clients=(1,)),
        Case(SIXTY_ANEW, get(target.forgetful.port, by_name[SIXTY.name].availability_path(question)), clients=(1,)),
        *(_planned(target, one) for one in (DOZEN, *OTHERS)),
        Case(PGBENCH, target.pgbench.measure),
    ]


def all_crowds(target: Target, desk: Desk) -> list[Crowd]:
    """For times of the product's `desk`."""

    def crowd(size: int) -> Crowd:
        def measure() -> Rush:
            slot = desk.free_slot()
            return target.loader.submit(rush.run, target.product.port, [desk.request(slot) for _ in range(size)]).result()

        return Crowd(size, measure)

    return [crowd(size) for size in rush.SIZES]


def growth_cases(grown: Grown) -> list[Case]:
    paths = grown.seeded.availability_paths(grown.question)
    for site in grown.past.values():
        with _client(site) as client:
            _check_starts(client, paths[0], TEN.booked(), TEN.practitioners, TEN.days)
    return [
        Case(F, _get(grown.loader, grown.floors, "/f")),
        *(
            Case(promises.past(number), _fresh(grown.loader, site, paths, grown.seeded.practitioner_ids))
            for number, site in grown.past.items()
        ),
    ]


def _get(loader: Executor, port: int, path: str, status: int = 200, headers: Mapping[str, str] = MappingProxyType({})) -> Measure:
    return _same(loader, port, load.request("GET", path, headers), status)


def _same(loader: Executor, port: int, request: bytes, status: int = 200) -> Measure:
    return lambda clients, seconds: loader.submit(load.run, Slice(port, [request], status, clients, seconds)).result()[0]


def _fresh(loader: Executor, site: Site, paths: Sequence[str], practitioner_ids: Sequence[str]) -> Measure:
    """Before each request the diaries of all practitioners move. One path for each client that there can be."""
    moved = _moved(site, practitioner_ids)
    requests = [load.request("GET", path, {}) for path in paths]
    return lambda clients, seconds: loader.submit(
        load.run, Slice(site.port, requests, 200, clients, seconds, moved=moved)
    ).result()[0]


def _planning(target: Target, group: Group, request: bytes) -> Measure:
    """As fresh as the search that it is held against."""
    site = target.larger
    moved = _moved(site, group.practitioner_ids)
    return lambda clients, seconds: target.loader.submit(
        load.run, Slice(site.port, [request], 200, clients, seconds, moved=moved)
    ).result()[0]


def _planned(target: Target, planned: Planned) -> Case:
    def measure(_: int, seconds: float) -> Sample:
        return target.loader.submit(courses.plan_in_core, target.question, planned, seconds / 4).result()

    return Case(promises.core(planned.name), measure, clients=(1,))


def _moved(site: Site, practitioner_ids: Sequence[str]) -> Moved:
    return Moved(site.url, bulk.resource_ids(site.url, practitioner_ids))


def _core(target: Target, name: str, booked: list[Booking], practitioners: int, days: int) -> Case:
    """Measured for a quarter of the time: nothing in it waits."""

    def measure(_: int, seconds: float) -> Sample:
        return target.loader.submit(core.measure, target.question, booked, practitioners, days, seconds / 4).result()

    return Case(promises.core(name), measure, clients=(1,))


def _checked(target: Target) -> str:
    """Ask everything once and look at the answers; the article's tag. Raises ValueError when one is not what the workload implies."""
    seeded, question = target.seeded, target.question
    for site in (target.product, target.forgetful):
        with _client(site) as client:
            for path in seeded.availability_paths(question):
                _check_starts(client, path, TEN.booked(), TEN.practitioners, TEN.days)
            _check_starts(client, seeded.day_path(question), TEN.booked(), 1, 1)
    with _client(target.larger) as client:
        for group in target.groups:
            size = group.size
            _check_starts(client, group.availability_path(question), size.booked(), size.practitioners, size.days)
    with _client(target.product) as client:
        article = client.get(seeded.article_path).raise_for_status()
        if not article.json()["html"]:
            raise ValueError("The article is empty.")
        return article.headers["ETag"]


def _client(site: Site) -> httpx.Client:
    return httpx.Client(base_url=f"http://127.0.0.1:{site.port}", timeout=30)


def _check_starts(client: httpx.Client, path: str, booked: list[Booking], practitioners: int, days: int) -> None:
    found, expected = count_starts(client.get(path)), workload.free_starts(booked, practitioners, days)
    if found != expected:
        raise ValueError(f"The product offers {found} starts where the workload leaves {expected} free: {path}")


def count_starts(answer: httpx.Response) -> int:
    """In an answer of GET /v1/availability."""
    days = answer.raise_for_status().json()["days"]
    return sum(len(opening["starts"]) for day in days for opening in day["openings"])
