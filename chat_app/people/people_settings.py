"""The settings of people and looks; `chat_app.settings` reads them with all others."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

Login = Literal["none", "password", "oidc", "header"]


class PeopleSettings(BaseSettings):
    """Who may come in, what they may read, and how the chat looks for them."""

    login: Login = Field(default="none", description="how people log in: none, password, oidc or header")
    chat_url: str = Field(default="", description="the chat's address for people, as https://chat.example.com")
    auth_secret: SecretStr = Field(
        default=SecretStr(""), description="signs sessions, the same for all replicas; empty: kept in HOME/chat"
    )
    trusted_proxies: str = Field(
        default="", description="addresses or networks of proxies whose headers count, joined by commas"
    )
    admins: str = Field(default="", description="names that are admins whatever else is said, joined by commas")
    role_groups: str = Field(default="", description="groups that give roles, as admin=ops,curator=editors")
    source_readers: str = Field(
        default="", description="who may read a source, as internal=staff+ann@example.com; others: everybody"
    )
    shared_without_login: bool = Field(default=False, description="shared conversations need no login")

    oidc_issuer: str = Field(default="", description="address of the identity provider")
    oidc_client_id: str = Field(default="", description="the chat's name at the identity provider")
    oidc_client_secret: SecretStr = Field(default=SecretStr(""), description="the chat's password there, if it has one")
    oidc_scopes: str = Field(default="openid profile email", description="what the identity provider is asked for")
    name_claim: str = Field(default="email", description="claim that names a person for good")
    groups_claim: str = Field(default="groups", description="claim that lists a person's groups")

    login_header: str = Field(
        default="x-amzn-oidc-data", description="header that names a person; this one is a signed token of an AWS ALB"
    )
    groups_header: str = Field(default="", description="header that lists a person's groups, joined by commas")
    alb_signer: str = Field(default="", description="ARN of the load balancer that signs tokens")
    alb_issuer: str = Field(default="", description="issuer that its tokens must name; empty: any")
    alb_keys_url: str = Field(default="", description="where its public keys are; empty: AWS's address of the region")

    accent: str = Field(default="", description="colour of links and buttons, as #16705f")
    logo: Path | None = Field(default=None, description="SVG or PNG file shown as the logo")
    source_looks: str = Field(
        default="", description="colour and logo of single sources, as bees=#8a5a00:/files/bees.svg"
    )
