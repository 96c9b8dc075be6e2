"""What the audit trail says of one answer."""

import httpx

from tests.client import Client


async def trail_of(admin: Client, response: httpx.Response) -> list[tuple[str, str | None, list[str]]]:
    """Action, subject and changed fields of each entry that the request left."""
    assert response.is_success, response.text
    found = await admin.read("/v1/audit-entries", request_id=response.headers["x-request-id"])
    return [(entry["action"], entry["subject_id"], entry["changed"]) for entry in found["items"]]
