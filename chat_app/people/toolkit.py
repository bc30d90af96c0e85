"""What the chat toolkit has to know of people: that they log in, and how. `login_route` does the rest."""

from __future__ import annotations

from typing import Any

import chainlit as cl
from chainlit import oauth_providers
from chainlit.oauth_providers import OAuthProvider

from chat_app.people.login_route import PROVIDER
from chat_app.people.people_settings import Login


class _Provider(OAuthProvider):
    """The button on the login page; where it leads is answered before the toolkit is."""

    id = PROVIDER
    env: list[str] = []  # noqa: RUF012  the toolkit's own class has it so
    authorize_params: dict[str, str] = {}  # noqa: RUF012 - as the class that it extends has it


async def _never(*_: Any, **__: Any) -> None:
    """The toolkit's own way in, which is closed."""


def tell_toolkit(login: Login) -> None:
    """Make the toolkit ask for a login. Without one every browser is a visitor of its own, who has a history, too."""
    if login == "password":
        cl.password_auth_callback(_never)
    elif login == "oidc":
        if not any(provider.id == PROVIDER for provider in oauth_providers.providers):
            oauth_providers.providers.append(_Provider())
        cl.oauth_callback(_never)
    else:
        cl.header_auth_callback(_never)
