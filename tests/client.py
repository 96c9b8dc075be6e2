"""A client as an integrator would write it: JSON in, JSON out, a key for each write."""

from typing import Any, Self
from uuid import uuid4

import httpx
from fastapi import FastAPI

Json = Any


class Client(httpx.AsyncClient):
    """`ok` methods expect success and give the JSON; the plain ones give the response."""

    @classmethod
    def of(cls, app: FastAPI, *, token: str | None = None) -> Self:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return cls(transport=transport, base_url="http://meridian.test", headers=headers)

    async def read(self, path: str, **parameters: Any) -> Json:
        return self._expect(await self.get(path, params=parameters))

    async def create(self, path: str, body: Json) -> Json:
        """POST with a fresh key."""
        return self._expect(await self.send_json("POST", path, body))

    async def change(self, path: str, body: Json, *, version: int, method: str = "PATCH") -> Json:
        """PATCH (or PUT, POST) of the version that was read."""
        return self._expect(await self.send_json(method, path, body, **{"If-Match": f'"{version}"'}))

    async def send_json(self, method: str, path: str, body: Json, **headers: str) -> httpx.Response:
        key = {} if method == "PUT" else {"Idempotency-Key": str(uuid4())}
        return await self.request(method, path, json=body, headers={**key, **headers})

    @staticmethod
    def _expect(response: httpx.Response) -> Json:
        assert response.is_success, f"{response.status_code} {response.text}"
        return response.json() if response.content else None


def problem(response: httpx.Response, status: int, code: str) -> Json:
    """The body of a refusal, after checking that it has the form that every refusal has."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    body = response.json()
    assert (response.status_code, body["status"], body["code"]) == (status, status, code), body
    assert body["type"] == f"/problems/{code}"
    assert body["title"]
    assert body["detail"]
    assert body["request_id"] == response.headers["x-request-id"]
    return body
