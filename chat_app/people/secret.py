"""The secret that signs sessions."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from chat_app.people.error import UnfitSetting

SHORTEST = 32
"""HMAC-SHA256 wants a key as long as its digest, RFC 2104."""


def session_secret(setting: str, folder: Path) -> str:
    """Return the setting, or the secret kept in the folder for this user alone; made at its first use.

    Errors: UnfitSetting when the setting is too short.
    """
    if setting:
        if len(setting.encode()) < SHORTEST:
            raise UnfitSetting(f"LORECHAT_AUTH_SECRET has fewer than {SHORTEST} bytes. Take 32 random bytes or more.")
        return setting
    file = folder / "session-secret"
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / f".session-secret-{secrets.token_hex(8)}"
    if not file.exists():
        made.touch(mode=0o600)
        try:
            made.write_text(secrets.token_urlsafe(48))
            os.link(made, file)  # of several processes that start at once, one wins and all read the same
        except FileExistsError:
            pass
        finally:
            made.unlink()
    return file.read_text()
