"""Start the real nginx and Caddy with the example configurations, on free ports."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.running import PATIENCE, ROOT, free_port

DEPLOY = ROOT / "deploy"
STORAGE = "/var/lib/podcast-server/data/storage"


@dataclass(frozen=True)
class Front:
    """A running front, by its ports on 127.0.0.1."""

    http: int
    https: int


def take_lines_for_several(text: str, upstreams: Sequence[int]) -> str:
    """The example with the lines for several hosts instead of that for one."""
    assert len(upstreams) == 2
    lines = []
    for line in text.splitlines():
        bare = line.strip()
        if bare in {"server 127.0.0.1:8000;", "to 127.0.0.1:8000"}:
            continue
        if bare.startswith(("# server 10.", "# to 10.", "# lb_try", "# fail_duration")):
            lines.append(line.replace("# ", "", 1))
        else:
            lines.append(line)
    several = "\n".join(lines)
    for number, port in enumerate(upstreams, 11):
        assert several.count(f" 10.0.0.{number}:8000") == 1
        several = several.replace(f"10.0.0.{number}:8000", f"127.0.0.1:{port}")
    return several


def nginx_config(folder: Path, front: Front, upstreams: Sequence[int], storage: Path) -> Path:
    """The example with ports, names and folders of this test."""
    text = _example("nginx.conf", upstreams)
    for old, new in (
        ("listen 80;", f"listen 127.0.0.1:{front.http};"),
        ("listen 443 ssl http2;", f"listen 127.0.0.1:{front.https} ssl http2;"),
        (
            "return 308 https://$host$request_uri;",
            f"return 308 https://$host:{front.https}$request_uri;",
        ),
        ("/etc/letsencrypt/live/podcast.example.org", str(folder)),
        ("podcast.example.org", "localhost"),
        (f"{STORAGE}/", f"{storage}/"),
    ):
        assert old in text, old
        text = text.replace(old, new)
    return nginx_around(text, folder)


def nginx_around(servers: str, folder: Path) -> Path:
    """A whole configuration of nginx that leaves everything it writes in a folder."""
    user = "user root;" if os.geteuid() == 0 else ""
    path = folder / "nginx.conf"
    paths = "".join(
        f"{name}_temp_path {folder}/{name};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    path.write_text(
        f"{user} daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;"
        f"worker_rlimit_nofile 65536; events {{ worker_connections 30000; }} "
        f"http {{ include /etc/nginx/mime.types; {paths}\n{servers}\n}}"
    )
    return path


def caddy_config(folder: Path, front: Front, upstreams: Sequence[int], storage: Path) -> Path:
    """The example with ports, names and folders of this test, and a certificate of our own."""
    text = _example("Caddyfile", upstreams)
    for old, new in (
        ("podcast.example.org {", "localhost {\n\tbind 127.0.0.1"),
        (STORAGE, str(storage)),
    ):
        assert old in text, old
        text = text.replace(old, new)
    options = f"http_port {front.http}\nhttps_port {front.https}\nadmin off\nlocal_certs\nskip_install_trust\n"
    path = folder / "Caddyfile"
    path.write_text(f"{{\n{options}}}\n{text}")
    return path


def _example(name: str, upstreams: Sequence[int]) -> str:
    text = (DEPLOY / name).read_text()
    if len(upstreams) > 1:
        return take_lines_for_several(text, upstreams)
    assert "127.0.0.1:8000" in text
    return text.replace("127.0.0.1:8000", f"127.0.0.1:{upstreams[0]}")


Config = Callable[[Path, Front, Sequence[int], Path], Path]


@contextmanager
def running_front(
    kind: str, folder: Path, upstreams: int | Sequence[int], storage: Path
) -> Iterator[Front]:
    """The front ``kind`` before the servers at these ports while the block runs."""
    upstreams = [upstreams] if isinstance(upstreams, int) else upstreams
    front = Front(free_port(), free_port())
    folder.mkdir(parents=True, exist_ok=True)
    make: Config = nginx_config if kind == "nginx" else caddy_config
    config = make(folder, front, upstreams, storage)
    if kind == "nginx":
        _certificate(folder)
        command = [shutil.which("nginx") or "/usr/sbin/nginx", "-p", str(folder), "-c", str(config)]
    else:
        command = ["caddy", "run", "--adapter", "caddyfile", "--config", str(config)]
    environ = {**os.environ, "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    log = folder / "front.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environ, stdout=output, stderr=output)
        try:
            _wait(front, process, log)
            yield front
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE)


def _certificate(folder: Path) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem"],
        check=True, capture_output=True,
    )  # fmt: skip


def _wait(front: Front, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            connect(front).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"the front did not start:\n{log.read_text()}")


def connect(front: Front) -> ssl.SSLSocket:
    """A TLS connection; the certificate is a test's own."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    plain = socket.create_connection(("127.0.0.1", front.https), timeout=PATIENCE)
    return context.wrap_socket(plain, server_hostname="localhost")
