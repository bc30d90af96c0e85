"""`python -m chat_app`: serve the chat at LORECHAT_CHAT_HOST and LORECHAT_CHAT_PORT."""

from __future__ import annotations

from chat_app.settings import ChatSettings


def main(settings: ChatSettings | None = None) -> None:
    """Serve until a signal ends the process."""
    import uvicorn

    from chat_app.server import create_app

    settings = settings or ChatSettings()
    uvicorn.run(
        create_app(settings),
        host=settings.chat_host,
        port=settings.chat_port,
        log_level="warning",
        ws_ping_interval=30,
        timeout_graceful_shutdown=5,
    )


if __name__ == "__main__":
    main()
