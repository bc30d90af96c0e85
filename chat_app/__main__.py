"""`python -m chat_app`: serve the chat at LORECHAT_CHAT_HOST and LORECHAT_CHAT_PORT."""

from __future__ import annotations

import ctypes
import ctypes.util
import sys

from chat_app.settings import ChatSettings

_M_ARENA_MAX = -8
_PING_SECONDS = 25


def main(settings: ChatSettings | None = None) -> None:
    """Serve until a signal ends the process."""
    _share_heap()
    import uvicorn

    from chat_app.draining_server import DrainingServer
    from chat_app.server import create_app
    from chat_app.service import installed

    settings = settings or ChatSettings()
    config = uvicorn.Config(
        create_app(settings),
        host=settings.chat_host,
        port=settings.chat_port,
        log_level="warning",
        ws_ping_interval=_PING_SECONDS,  # proxies and balancers end connections that are silent for a minute
        ws_per_message_deflate=False,  # its buffers take 100 KB a connection; messages are small
        timeout_graceful_shutdown=5,
    )
    seconds = settings.drain_seconds
    DrainingServer(config, lambda: installed().runner.drain(seconds)).run()


def _share_heap() -> None:
    """Let all threads take memory from one heap: glibc gives each thread its own, which doubles what a page costs."""
    if sys.platform.startswith("linux") and (name := ctypes.util.find_library("c")):
        mallopt = getattr(ctypes.CDLL(name), "mallopt", None)  # musl has none
        if mallopt is not None:
            mallopt(_M_ARENA_MAX, 1)


if __name__ == "__main__":
    main()
