"""How to sign in to the demo clinic: one user for each role, with passwords that nobody else has."""

import json
import os
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.identity import actions
from app.identity.actor import Actor
from app.identity.models import User
from app.identity.policy import ADMIN, EDITOR, PRACTITIONER, RECEPTIONIST

# By role: {"email": …, "password": …}.
Credentials = dict[str, dict[str, str]]

DOMAIN = "quillow.example"
_NAMES = {ADMIN: "Wren Ashdown", RECEPTIONIST: "Bilal Osei-Grant", PRACTITIONER: "Maren Adeyemi", EDITOR: "Saoirse Whitlock"}
_PASSWORD_BYTES = 15


async def add_users(session: AsyncSession, actor: Actor, practitioner_id: UUID) -> tuple[dict[str, User], Credentials]:
    """By role, the users and how they sign in. The practitioner's sees the diary of `practitioner_id`."""
    users: dict[str, User] = {}
    credentials: Credentials = {}
    for role, name in _NAMES.items():
        email, password = f"{role}@{DOMAIN}", secrets.token_urlsafe(_PASSWORD_BYTES)
        treats = practitioner_id if role == PRACTITIONER else None
        users[role] = await actions.add_user(
            session, actor, email=email, name=name, role=role, password=password, practitioner_id=treats
        )
        credentials[role] = {"email": email, "password": password}
    return users, credentials


def credentials_path(state_dir: Path) -> Path:
    return state_dir / "demo-credentials.json"


def write_credentials(state_dir: Path, credentials: Mapping[str, Mapping[str, str]]) -> Path:
    """All of it or nothing, on disk when this returns, and never readable for anybody but its owner. Raises OSError."""
    path = credentials_path(state_dir)
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, unfinished = tempfile.mkstemp(dir=state_dir, prefix=f".{path.name}.")  # 0600 from the beginning
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(json.dumps(credentials, indent=2) + "\n")
            file.flush()
            os.fsync(file.fileno())
        Path(unfinished).replace(path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise
    _sync_folder(state_dir)
    return path


def _sync_folder(folder: Path) -> None:
    """Without this a power cut may bring the old name back."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
