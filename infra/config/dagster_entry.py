"""A way to Dagster's pages for people without a VPN: a load balancer that lets in who has logged in elsewhere."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from infra.config.strict import Strict

HttpsUrl = Annotated[str, StringConstraints(pattern=r"^https://[^\s?#]+$")]


class DagsterEntry(Strict):
    """An OpenID Connect provider, as its `/.well-known/openid-configuration` describes it. Whoever it lets in may do
    everything in Dagster: register a client there that only operators may use. The client's secret is the field
    `dagster_client_secret` of the operators' secret; its redirect is `https://NAME/oauth2/idpresponse`."""

    name: str = Field(pattern=r"^[a-z0-9.-]+$", description="Dagster's name for people, as dagster.example.com")
    issuer: HttpsUrl
    authorization_endpoint: HttpsUrl
    token_endpoint: HttpsUrl
    user_info_endpoint: HttpsUrl
    client_id: str = Field(min_length=1)
    scope: str = Field(default="openid email", description="what is asked of the provider, with spaces between")
    session_hours: int = Field(default=8, ge=1, le=168, description="hours until one has to log in again")
    networks: tuple[str, ...] = Field(
        default=("0.0.0.0/0",), min_length=1, description="IPv4 networks from which one may log in"
    )
