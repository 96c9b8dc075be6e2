"""Sign-in, sign-out, and what a token is worth afterwards."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
from argon2 import extract_parameters
from fastapi import FastAPI
from sqlalchemy import select, update

from app.identity import actions, passwords
from app.identity.actions import EmailTaken
from app.identity.actor import system_actor
from app.identity.models import AccessToken, User
from app.identity.passwords import hash_password, verify_password
from app.identity.tokens import hash_of
from app.kit.clock import Clock
from app.kit.db import Database
from tests.client import Client, Json, problem
from tests.make import make_user
from tests.trail import trail_of

EMAIL, PASSWORD = "Nora.Quill@clinic.example", "seven green herons"


@pytest.fixture
async def nora(database: Database) -> UUID:
    """A receptionist with a password; her id."""
    async with database.writing() as session:
        user = await actions.add_user(
            session, system_actor("test"), email=EMAIL, name="Nora Quill", role="receptionist", password=PASSWORD
        )
        await session.commit()
        return user.id


async def sign_in(client: Client, **changes: str) -> Any:
    return await client.post("/v1/auth/token", data={"username": EMAIL, "password": PASSWORD, **changes})


async def signed_in(app: FastAPI, client: Client) -> Client:
    answer = await sign_in(client)
    assert answer.status_code == 200, answer.text
    return Client.of(app, token=answer.json()["access_token"])


async def test_signing_in_gives_a_token_that_is_kept_as_a_hash_only(
    app: FastAPI, database: Database, public: Client, admin: Client, nora: UUID
) -> None:
    answer = await sign_in(public)
    said: Json = answer.json()
    assert said == {"access_token": said["access_token"], "token_type": "bearer", "expires_in": 12 * 3600}
    assert said["access_token"].startswith("mst_")
    async with Client.of(app, token=said["access_token"]) as client:
        assert (await client.read("/v1/me"))["id"] == str(nora)
    async with database.reading() as session:
        kept = (await session.scalars(select(AccessToken).where(AccessToken.user_id == nora))).one()
    assert kept.hash == hash_of(said["access_token"])
    assert await trail_of(admin, answer) == [("session.create", str(nora), [])]


@pytest.mark.parametrize("username", [EMAIL, EMAIL.lower(), EMAIL.upper()])
async def test_an_address_is_one_in_any_case(public: Client, nora: UUID, username: str) -> None:
    assert (await sign_in(public, username=username)).status_code == 200


@pytest.mark.parametrize(
    ("changes", "active"),
    [
        pytest.param({"password": "seven green heron"}, True, id="wrong password"),
        pytest.param({"password": PASSWORD.title()}, True, id="password in another case"),
        pytest.param({"password": f"{PASSWORD} "}, True, id="password with a space"),
        pytest.param({"password": " "}, True, id="blank password"),
        pytest.param({"username": "nobody@clinic.example"}, True, id="unknown address"),
        pytest.param({"username": "%"}, True, id="no address"),
        pytest.param({}, False, id="inactive user"),
    ],
)
async def test_whoever_may_not_sign_in_hears_the_same(
    database: Database, public: Client, nora: UUID, changes: dict[str, str], active: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[str] = []
    verify = passwords._hasher.verify

    def noting(password: str, password_hash: str) -> bool:
        verified.append(password_hash)
        return verify(password, password_hash)

    monkeypatch.setattr(passwords._hasher, "verify", noting)
    async with database.writing() as session:
        await session.execute(update(User).values(active=active))
        await session.commit()
    refused = await sign_in(public, **changes)
    said = problem(refused, 401, "wrong_password")
    assert (said.pop("request_id"), said["detail"]) == (refused.headers["x-request-id"], said["title"])
    assert said.keys() == {"type", "title", "status", "code", "detail"}
    assert len(verified) == 1  # the work is the same too, whoever it is
    async with database.reading() as session:
        assert (await session.scalars(select(AccessToken))).all() == []


async def test_no_hash_takes_as_much_work_as_a_hash() -> None:
    assert extract_parameters(passwords._NOBODY) == extract_parameters(await hash_password(PASSWORD))
    assert await verify_password(PASSWORD, await hash_password(PASSWORD))
    assert not await verify_password(PASSWORD, None)


@pytest.mark.parametrize(
    ("form", "status"),
    [
        pytest.param("", 422, id="empty"),
        pytest.param("username={email}", 422, id="no password"),
        pytest.param("password={password}", 422, id="no username"),
        pytest.param("username={email}&password={password}&grant_type=client_credentials", 422, id="another grant"),
        pytest.param("username={email}&password={password}&more=1", 422, id="unknown field"),
        pytest.param("username={email}&password=guess&password={password}", 422, id="repeated field"),
        pytest.param("username={email}%00&password={password}", 422, id="NUL"),
        pytest.param(
            "username={email}&password={password}&grant_type=password&scope=&client_id=a&client_secret=b", 200, id="all of OAuth2"
        ),
    ],
)
async def test_the_form_is_read_strictly(public: Client, nora: UUID, form: str, status: int) -> None:
    content = form.replace("{email}", quote(EMAIL)).replace("{password}", quote(PASSWORD))
    answer = await public.post("/v1/auth/token", content=content, headers={"Content-Type": "application/x-www-form-urlencoded"})
    if status == 422:
        problem(answer, 422, "invalid")
    else:
        assert answer.status_code == status, answer.text


async def test_two_users_do_not_share_an_address(database: Database, nora: UUID) -> None:
    async with database.writing() as session:
        with pytest.raises(EmailTaken) as refused:
            await actions.add_user(
                session, system_actor("test"), email=EMAIL.swapcase(), name="N", role="editor", password=PASSWORD
            )
    assert (refused.value.status, refused.value.code) == (409, "email_taken")


# --- until when


async def test_a_token_dies_at_its_hour(app: FastAPI, public: Client, clock: Clock, nora: UUID) -> None:
    async with await signed_in(app, public) as client:
        clock.fixed_at = clock.now() + timedelta(hours=12, microseconds=-1)
        assert (await client.get("/v1/me")).status_code == 200
        clock.fixed_at += timedelta(microseconds=1)
        problem(await client.get("/v1/me"), 401, "unauthenticated")


async def test_signing_out_ends_that_session_and_no_other(app: FastAPI, admin: Client, public: Client, nora: UUID) -> None:
    async with await signed_in(app, public) as here, await signed_in(app, public) as there:
        token = here.headers["Authorization"].removeprefix("Bearer ")
        # Another's token, and one that is none: nothing happens, and nobody is told which it was.
        for client, given in ((admin, token), (here, admin.headers["Authorization"].removeprefix("Bearer ")), (here, "mst_none")):
            assert (await client.post("/v1/auth/revoke", data={"token": given})).status_code == 204
        assert [(await client.get("/v1/me")).status_code for client in (here, there, admin)] == [200, 200, 200]
        left = await here.post("/v1/auth/revoke", data={"token": token})
        assert (left.status_code, left.content) == (204, b"")
        problem(await here.get("/v1/me"), 401, "unauthenticated")
        assert (await there.get("/v1/me")).status_code == 200
        assert await trail_of(admin, left) == [("session.revoke", str(nora), [])]


@pytest.mark.parametrize(
    ("change", "status"),
    [({"active": False}, 401), ({"role": "editor"}, 403), ({"role": "nobody we know"}, 403), ({"role": "admin"}, 200)],
)
async def test_what_a_user_may_do_changes_at_once(app: FastAPI, database: Database, change: dict[str, Any], status: int) -> None:
    async with Client.of(app, token=await make_user(database, role="receptionist")) as client:
        assert (await client.get("/v1/patients")).status_code == 200
        async with database.writing() as session:
            await session.execute(update(User).values(**change))
            await session.commit()
        assert (await client.get("/v1/patients")).status_code == status


# --- credentials


@pytest.mark.parametrize("path", ["/v1/treatments", "/v1/patients", "/healthz/live"])
@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(["Bearer mst_unknown"], id="unknown token"),
        pytest.param(["Bearer mpl_unknown"], id="unknown link"),
        pytest.param(["Bearer unknown"], id="no prefix"),
        pytest.param(["Bearer"], id="no token"),
        pytest.param([""], id="empty"),
        pytest.param(["Basic bm9yYTpwYXNzd29yZA=="], id="another scheme"),
        pytest.param(["{token}"], id="no scheme"),
        pytest.param(["Bearer {token} {token}"], id="two tokens"),
        pytest.param(["Bearer {token}é"], id="beyond ASCII"),
        pytest.param(["Bearer {token}", "Bearer {token}"], id="twice"),
        pytest.param(["Bearer {token}", "Bearer mst_unknown"], id="a good one and a bad one"),
        pytest.param(["Bearer {token}, Bearer {token}"], id="a list"),
        pytest.param(["Bearer {token[:-1]}"], id="cut short"),
        pytest.param(["Bearer {swapped}"], id="in another case"),
    ],
)
async def test_a_bad_credential_is_refused_even_where_none_is_needed(
    app: FastAPI, database: Database, path: str, headers: list[str]
) -> None:
    token = await make_user(database, role="admin")
    given = [
        (
            "Authorization",
            header.replace("{token[:-1]}", token[:-1])
            .replace("{swapped}", f"mst_{token[4:].swapcase()}")
            .replace("{token}", token),
        )
        for header in headers
    ]
    async with Client.of(app) as client:
        refused = await client.get(path, headers=[(name.encode(), value.encode("latin-1")) for name, value in given])
        problem(refused, 401, "unauthenticated")
        assert refused.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["Bearer {token}", "bearer {token}", "BEARER   {token} "])
async def test_a_good_credential(app: FastAPI, database: Database, header: str) -> None:
    token = await make_user(database, role="admin")
    async with Client.of(app) as client:
        assert (await client.get("/v1/patients", headers={"Authorization": header.replace("{token}", token)})).status_code == 200
