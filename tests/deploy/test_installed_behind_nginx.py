"""One machine as the guide sets it up: systemd's unit, nginx and its example as they are, each under a
user of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.deploy.guided import answered, install, shell, until
from tests.deploy.machine import Machine, NoMachine, machine

pytestmark = pytest.mark.slow
SITE = "podcast.example.org"
CERTIFICATES = f"/etc/letsencrypt/live/{SITE}"
WITH_A_FRONT = f"""
usermod -a -G podcast-server www-data
systemctl restart podcast-server
rm -f /etc/nginx/conf.d/* /etc/nginx/sites-enabled/*
cp deploy/nginx.conf /etc/nginx/conf.d/podcast-server.conf
mkdir -p {CERTIFICATES}
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={SITE} \\
  -keyout {CERTIFICATES}/privkey.pem -out {CERTIFICATES}/fullchain.pem
nginx
"""
WITH_AN_EPISODE = """
ffmpeg -loglevel error -f lavfi -i sine=duration=3 -f mp3 /srv/episode.mp3
podcast-server show create Harbour
podcast-server episode add /srv/episode.mp3 --show harbour
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    try:
        with machine(tmp_path_factory.mktemp("machine")) as made:
            install(
                made,
                public_url=f'"https://{SITE}"',
                trusted_proxies="1",
                accel_prefix='"/internal-audio"',
            )
            shell(made, WITH_A_FRONT, WITH_AN_EPISODE)
            until(lambda: answered(made), made)
            yield made
    except NoMachine as error:
        pytest.skip(str(error))


def get(made: Machine, address: str, *options: str) -> str:
    by_name = [word for port in (80, 443) for word in ("--resolve", f"{SITE}:{port}:127.0.0.1")]
    return made.run("curl", "--silent", "--insecure", *by_name, *options, address)


def test_a_member_s_audio_comes_from_nginx_which_may_read_it_and_nothing_else(
    installed: Machine,
) -> None:
    said = shell(installed, "podcast-server member add ada@example.org --show harbour")
    [address] = re.findall(rf"https://{SITE}/f/\w+", said)
    [audio] = set(re.findall(rf"https://{SITE}/m/\w+/\w+\.mp3", get(installed, address)))
    get(installed, audio, "--output", "/srv/heard.mp3", "--dump-header", "/srv/headers")
    assert shell(installed, "cmp /srv/episode.mp3 /srv/heard.mp3 && echo same") == "same"
    assert "server: nginx" in shell(installed, "cat /srv/headers").lower()
    for secret in ("signing-keys.json", "podcast.sqlite3"):
        read = f"runuser -u www-data -- cat /var/lib/podcast-server/data/{secret} || echo refused"
        assert shell(installed, read) == "refused"


def test_a_private_address_is_led_to_https_whole(installed: Machine) -> None:
    path = "/f/pf" + "a" * 48
    redirect = ("--output", "/dev/null", "--write-out", "%{http_code} %{redirect_url}")
    got = get(installed, f"http://{SITE}{path}", *redirect)
    assert got == f"301 https://{SITE}{path}"
