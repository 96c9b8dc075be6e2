"""The version by which answers about a practitioner's availability are reused."""

from uuid import UUID

from sqlalchemy import select

from app.diary.models import Resource
from app.kit.db import Database
from app.practitioners.models import Practitioner
from tests.client import Json


async def resource_version(database: Database, practitioner: Json) -> int:
    statement = select(Resource.version).join(Practitioner, Practitioner.resource_id == Resource.id)
    async with database.reading() as session:
        return (await session.scalars(statement.where(Practitioner.id == UUID(practitioner["id"])))).one()
