"""Sign-in, sign-out, who am I, and the audit trail."""

from datetime import timedelta
from typing import Annotated

from fastapi import Form, Query, Request

from app.identity import actions, queries
from app.identity.actions import WrongPassword
from app.identity.actor import CurrentActor
from app.identity.models import AuditEntry
from app.identity.schemas import AuditEntryOut, CreateTokenForm, MeOut, RevokeTokenForm, TokenOut
from app.kit.errors import NotFound
from app.kit.pages import Page, paginate
from app.kit.routing import Router
from app.kit.session import Now, PageOf, Session
from app.kit.wire import Uuid

router = Router("Session")


@router.operation(
    "POST",
    "/v1/auth/token",
    id="createToken",
    permission="session:create",
    summary="Sign in (OAuth2 password form)",
    response_model=TokenOut,
    raises=(WrongPassword,),
)
async def create_token(
    request: Request,
    session: Session,
    actor: CurrentActor,
    now: Now,
    form: Annotated[CreateTokenForm, Form()],
) -> TokenOut:
    valid_for = timedelta(hours=request.app.state.settings.token_hours)
    token = await actions.sign_in(session, actor, email=form.username, password=form.password, now=now, valid_for=valid_for)
    return TokenOut(access_token=token, token_type="bearer", expires_in=int(valid_for.total_seconds()))  # noqa: S106 a word of OAuth


@router.operation("POST", "/v1/auth/revoke", id="revokeToken", permission="session:own", summary="Sign out", status=204)
async def revoke_token(session: Session, actor: CurrentActor, form: Annotated[RevokeTokenForm, Form()]) -> None:
    await actions.sign_out(session, actor, form.token)


@router.operation("GET", "/v1/me", id="getMe", permission="session:own", summary="Who am I", response_model=MeOut)
async def get_me(session: Session, actor: CurrentActor) -> object:
    if actor.user_id is None:
        raise NotFound
    return await queries.user_by_id(session, actor.user_id)


@router.operation(
    "GET",
    "/v1/audit-entries",
    id="listAuditEntries",
    permission="audit:read",
    summary="Who changed what, newest first",
    response_model=Page[AuditEntryOut],
)
async def list_audit_entries(
    session: Session,
    page: PageOf,
    subject_id: Annotated[Uuid | None, Query(description="Only changes of this thing")] = None,
    request_id: Annotated[str | None, Query(pattern=r"^[A-Za-z0-9._:-]{1,64}$", description="Only those of one request")] = None,
) -> Page[AuditEntryOut]:
    found, cursor = await paginate(session, queries.audit_entries(subject_id, request_id), page, [AuditEntry.id])
    return Page(items=found, next_cursor=cursor)
