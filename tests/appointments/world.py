"""A small clinic to book in."""

from typing import Any

from tests.client import Client, Json
from tests.make import make_location, make_practitioner, make_treatment, set_hours

WEDNESDAY = "2026-12-02"
STRANGER = {"name": "Robin Example", "email": "robin@mail.example"}


class World:
    """One location in London, one practitioner from nine to five, one treatment of half an hour."""

    def __init__(self, location: Json, treatment: Json, practitioner: Json) -> None:
        self.location, self.treatment, self.practitioner = location, treatment, practitioner

    @classmethod
    async def made(cls, admin: Client, **treatment: Any) -> "World":
        location = await make_location(admin)
        offered = await make_treatment(admin, **treatment)
        practitioner = await make_practitioner(admin, treatments=[offered["id"]])
        await set_hours(admin, practitioner, location["id"])
        return cls(location, offered, practitioner)

    def booking(self, starts_at: str, **changes: Any) -> Json:
        return {
            "treatment_id": self.treatment["id"],
            "practitioner_id": self.practitioner["id"],
            "location_id": self.location["id"],
            "starts_at": starts_at,
            "patient": STRANGER,
            **changes,
        }

    async def starts(self, client: Client, on: str = WEDNESDAY) -> list[str]:
        found = await client.read("/v1/availability", treatment_id=self.treatment["id"], **{"from": on, "to": on})
        return [start for day in found["days"] for opening in day["openings"] for start in opening["starts"]]
