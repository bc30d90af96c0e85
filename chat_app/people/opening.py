"""Puts logins, visits and the pages of people on an application."""

from __future__ import annotations

from fastapi import FastAPI

from chat_app.people.entrance import Entrance
from chat_app.people.login_route import add_login
from chat_app.service import ChatService


def add_people(app: FastAPI, service: ChatService) -> None:
    """Serve the login that the settings name; nothing is answered before it is known whose request it is."""
    add_login(app, service.people)
    app.add_middleware(Entrance, people=service.people)
