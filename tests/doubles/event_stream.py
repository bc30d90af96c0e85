"""Amazon's binary event stream (application/vnd.amazon.eventstream), written: the SDK brings only the reader.

One message is: its whole length and its headers' length (4 bytes each, big endian), the CRC-32 of these eight bytes,
headers, payload, and the CRC-32 of all before it.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping

_STRING = 7


def event(name: str, payload: Mapping[str, object]) -> bytes:
    """Return one event of a stream."""
    return frame({":event-type": name, ":content-type": "application/json", ":message-type": "event"}, payload)


def failure(name: str, message: str) -> bytes:
    """Return the exception that ends a stream."""
    headers = {":exception-type": name, ":content-type": "application/json", ":message-type": "exception"}
    return frame(headers, {"message": message})


def frame(headers: Mapping[str, str], payload: Mapping[str, object]) -> bytes:
    """Return one message with both its checksums."""
    head = b"".join(_header(name, value) for name, value in headers.items())
    body = json.dumps(payload).encode()
    prelude = struct.pack(">II", 16 + len(head) + len(body), len(head))
    whole = prelude + struct.pack(">I", zlib.crc32(prelude)) + head + body
    return whole + struct.pack(">I", zlib.crc32(whole))


def _header(name: str, value: str) -> bytes:
    key, text = name.encode(), value.encode()
    return struct.pack(">B", len(key)) + key + struct.pack(">BH", _STRING, len(text)) + text
