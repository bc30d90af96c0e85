"""A folder of pages served on loopback by nginx: fast enough that a crawler, not the server, is measured."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_CONFIG = """
{user}daemon off; worker_processes 1; pid {temporary}/nginx.pid; error_log {temporary}/error.log;
events {{ worker_connections 512; }}
http {{
  access_log off; types {{ text/html html htm; text/css css; image/png png; }} default_type application/octet-stream;
  client_body_temp_path {temporary}; proxy_temp_path {temporary}; fastcgi_temp_path {temporary};
  uwsgi_temp_path {temporary}; scgi_temp_path {temporary};
  server {{ listen 127.0.0.1:{port}; root {folder}; }}
}}
"""


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve `folder` and yield its address, without a slash at the end."""
    nginx = shutil.which("nginx") or "/usr/sbin/nginx"
    if not Path(nginx).exists():
        raise FileNotFoundError("nginx (Debian: apt-get install nginx)")
    with tempfile.TemporaryDirectory() as temporary:
        Path(temporary).chmod(0o755)
        port = free_port()
        user = "user root; " if os.getuid() == 0 else ""  # its workers would become nobody, who may not read a home
        config = Path(temporary) / "nginx.conf"
        config.write_text(_CONFIG.format(temporary=temporary, port=port, folder=folder.resolve(), user=user))
        server = subprocess.Popen([nginx, "-c", str(config), "-e", f"{temporary}/start.log"])
        try:
            _await(port, server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait()


def _await(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("nginx did not start; is another one configured to hold its port?")
