"""Puts logins, visits and the pages of people on an application."""

from __future__ import annotations

import logging
from pathlib import Path

from fastapi import FastAPI

from chat_app.page_template import PageTemplates
from chat_app.people.conversation_page import add_conversations
from chat_app.people.entrance import Entrance
from chat_app.people.login_route import add_login
from chat_app.people.look import Looks
from chat_app.people.look_route import add_look
from chat_app.service import ChatService

_LOG = logging.getLogger(__name__)


def add_people(app: FastAPI, service: ChatService, pages: PageTemplates) -> None:
    """Serve the login that the settings name; nothing is answered before it is known whose request it is."""
    if not (service.people.needs_login or service.settings.is_local):
        _LOG.warning("whoever reaches %s can ask without a login; LORECHAT_LOGIN sets one", service.settings.chat_host)
    add_login(app, service.people)
    add_conversations(app, service.people, service.database, pages)
    theme = Path(__file__).resolve().parent.parent / "interface" / "public" / "theme.json"
    add_look(app, service, Looks(service.settings, theme))
    app.add_middleware(Entrance, people=service.people)
