"""The page for people works offline: everything it loads is ours, and nothing in it is inline."""

import re

from tests.client import Client, problem


async def test_the_page_loads_only_what_is_ours(public: Client) -> None:
    page = await public.get("/docs")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    policy = dict(part.split(maxsplit=1) for part in page.headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert re.findall(r"<script[^>]*>([^<]+)|<style|\son\w+=|style=", page.text) == []
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert {"docs/swagger-ui-bundle.js", "docs/swagger-ui.css", "docs/start.js", "openapi.json"} <= set(loaded)
    for address in loaded:
        found = await public.get(f"/{address}")
        assert found.status_code == 200, address
        assert found.headers["cache-control"].startswith("public")


async def test_the_page_asks_nobody_else(public: Client) -> None:
    start = (await public.get("/docs/start.js")).text
    assert "validatorUrl: null" in start
    assert "://" not in start


async def test_other_files_of_the_package_stay_there(public: Client) -> None:
    for name in ("__init__.py", "..%2fmain.py", "nothing"):
        problem(await public.get(f"/docs/{name}"), 404, "not_found")
