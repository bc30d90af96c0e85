"""`/health/live`, `/health/ready` and `/metrics`: what balancers, orchestrators and Prometheus ask."""

from __future__ import annotations

import hmac

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from chat_app.doors.doorkeeper import bearer, is_local
from chat_app.doors.refusal import DoorRoute, Refused
from chat_app.service import ChatService

_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


def health_router(service: ChatService) -> APIRouter:
    """Return the routes."""
    router = APIRouter(route_class=DoorRoute, include_in_schema=False)

    @router.get("/health/live")
    async def live() -> dict[str, str]:
        """200 as long as the process answers: what restarts a process should look here."""
        return {"status": "live"}

    @router.get("/health/ready")
    async def ready() -> JSONResponse:
        """200 when a question can be answered at once; else 503 with the reason."""
        problem, releases = await service.state()
        if service.runner.is_draining:
            problem = "the server is about to end and takes no more questions"
        problem = problem or await service.database_problem()
        if service.runner.is_draining:
            problem = "the server is about to end"
        body = {
            "status": "ready" if problem is None else "not ready",
            "reason": problem,
            "answers": service.pipeline.answerer.model_name,
            "sources": {release.source: release.release_id for release in releases},
        }
        return JSONResponse(body, status_code=200 if problem is None else 503)

    @router.get("/metrics")
    async def metrics(request: Request) -> Response:
        """Open to programs of this machine; to others with the key of the settings."""
        key = service.settings.metrics_key.get_secret_value()
        if key:
            if not hmac.compare_digest(bearer(request).encode(), key.encode()):
                raise Refused(401, "key_required", "Send LORECHAT_METRICS_KEY as `Authorization: Bearer KEY`.")
        elif not is_local(request):
            raise Refused(403, "not_local", "Set LORECHAT_METRICS_KEY to read the metrics from another machine.")
        return Response(service.telemetry.metrics.text(), media_type=_PROMETHEUS)

    return router
