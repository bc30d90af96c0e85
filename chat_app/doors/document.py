"""`/api/openapi.json`, and `/api` for people: every address with what it takes, without a script or an outside file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from fastapi.openapi.utils import get_openapi
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import BaseRoute

from chat_app.page_template import PageTemplates

_ABOUT = (
    "Ask websites from programs. A key is sent as `Authorization: Bearer KEY`. Every failure is "
    '`{"error": {"message", "type", "param", "code"}}` with 400, 401, 403, 404, 429 or 503; 429 says in `Retry-After` '
    "how many seconds to wait."
)


def document_router(routes: Sequence[BaseRoute], pages: PageTemplates) -> APIRouter:
    """Return the routes; the document is made when it is first asked for."""
    router = APIRouter(include_in_schema=False)
    made: dict[str, Any] = {}

    def document() -> dict[str, Any]:
        if not made:
            made.update(get_openapi(title="LoreChat", version="1", description=_ABOUT, routes=list(routes)))
            schemes = made.setdefault("components", {}).setdefault("securitySchemes", {})
            schemes["key"] = {"type": "http", "scheme": "bearer"}
            made["security"] = [{"key": []}]
        return made

    @router.get("/api/openapi.json")
    def openapi() -> JSONResponse:
        return JSONResponse(document())

    @router.get("/api")
    def page() -> HTMLResponse:
        whole = document()
        return pages.page("api", about=_ABOUT.replace("`", ""), operations=list(_operations(whole)))

    return router


def _operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Every address with its method, what it does, and the fields that it takes."""
    return [
        {"method": method.upper(), "path": path, "says": about.get("summary", ""), "fields": _fields(document, about)}
        for path, methods in document["paths"].items()
        for method, about in methods.items()
    ]


def _fields(document: dict[str, Any], about: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Name, type and meaning of parameters and of the body's fields."""
    found = [(one["name"], _kind(one["schema"]), one.get("description", "")) for one in about.get("parameters", ())]
    body = about.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    if "$ref" in body:
        model = document["components"]["schemas"][body["$ref"].rpartition("/")[2]]
        required = set(model.get("required", ()))
        for name, schema in model["properties"].items():
            says = schema.get("description", "")
            found.append((name, _kind(schema), f"{says} (needed)".strip() if name in required else says))
    return found


def _kind(schema: dict[str, Any]) -> str:
    """A short name of a schema's type."""
    if "anyOf" in schema:
        return " or ".join(_kind(one) for one in schema["anyOf"] if one.get("type") != "null")
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}"
    return str(schema.get("type", "value"))
