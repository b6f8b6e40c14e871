"""The real nginx before several web hosts, in a network of its own, as deploy/ has it."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.deploy.fronts import example_for_several, nginx_around
from tests.many_hosts.network import Host
from tests.running import PATIENCE


@contextmanager
def nginx_before(hosts: Sequence[Host], port: int, front: Host, folder: Path) -> Iterator[None]:
    """Serve on a port of our loopback, where browsers take http for safe enough.

    All but that door is in the front's own network: nginx takes over a listening socket, as
    it does from the nginx before it when its program is replaced.
    """
    config = nginx_around(_servers(hosts, port), folder)
    nginx = shutil.which("nginx") or "/usr/sbin/nginx"
    with (
        (folder / "front.log").open("wb") as log,
        socket.create_server(("127.0.0.1", port)) as door,
    ):
        process = subprocess.Popen(
            [*front.before, nginx, "-p", str(folder), "-c", str(config)],
            env={**os.environ, "NGINX": f"{door.fileno()};"},
            pass_fds=[door.fileno()],
            stdout=log,
            stderr=log,
        )
    try:
        yield
        assert process.poll() is None, (folder / "front.log").read_text()
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)


def _servers(hosts: Sequence[Host], port: int) -> str:
    """The example with our addresses, and without certificates."""
    text = example_for_several("nginx", [f"{host.address}:8000" for host in hosts])
    text = text.replace("listen 443 ssl http2;", f"listen 127.0.0.1:{port};")
    text = text.replace("server_name podcast.example.org;", "server_name _;")
    return re.sub(r"^\s*ssl_certificate.*$", "", text, flags=re.MULTILINE)
