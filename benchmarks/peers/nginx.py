"""nginx that takes files by PUT (its DAV module), for uploads to be measured against."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from farm.embedded import free_ports

NGINX = Path("/usr/sbin/nginx")

CONFIG = """
worker_processes auto;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
{user}
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_max_body_size 0;
  client_body_buffer_size 1m;
  client_body_temp_path {folder}/temporary;
  proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port};
    location /put/ {{ root {folder}; dav_methods PUT DELETE; create_full_put_path on; }}
  }}
}}
"""


@contextmanager
def nginx(folder: Path) -> Iterator[tuple[int, Path]]:
    """(port, folder of the files) until the block ends; files go to ``/put/NAME``."""
    (port,) = free_ports(1)
    (folder / "put").mkdir(parents=True)
    config = folder / "nginx.conf"
    user = "user root;" if os.getuid() == 0 else ""
    config.write_text(CONFIG.format(folder=folder, port=port, user=user))
    process = subprocess.Popen([str(NGINX), "-c", str(config), "-p", str(folder)], start_new_session=True)
    try:
        until = time.monotonic() + 10
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if process.poll() is not None or time.monotonic() > until:
                msg = f"nginx did not start: {(folder / 'error.log').read_text()[-500:]}"
                raise RuntimeError(msg)
            time.sleep(0.05)
        yield port, folder / "put"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)
