"""Install the server on a machine of the tests as the guide has one type it, and ask it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from tests.deploy.machine import Machine
from tests.running import PATIENCE, ROOT

STATE = "/var/lib/podcast-server"
CONFIG = "/etc/podcast-server/config.toml"


def blocks_of_the_guide() -> list[str]:
    """What the guide has one type to install the server on one machine."""
    text = (ROOT / "docs" / "operating.md").read_text()
    section = text[text.index("## One machine") : text.index("## Several machines")]
    return re.findall(r"^```\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)


def install(made: Machine, **settings: str) -> None:
    """As the guide says, but for pip, whose work is done; settings by key and value of the file."""
    before, wrapper, after = blocks_of_the_guide()
    lines = [line for line in before.splitlines() if "/opt/podcast-server/.venv" not in line]
    assert len(lines) == 4
    shell(made, *lines, "cp deploy/podcast-server-worker.service /etc/systemd/system/")
    changed = {"data_folder": f'"{STATE}/data"'} | settings
    shell(
        made,
        *(f"sed -i 's#^{key} = .*#{key} = {value}#' {CONFIG}" for key, value in changed.items()),
        f"cat > /usr/local/bin/podcast-server <<'WRAPPER'\n{wrapper}WRAPPER",
        after,
    )


def shell(made: Machine, *lines: str) -> str:
    return made.run("sh", "-e", "-c", "\n".join(lines), folder="/opt/podcast-server/source")


def answered(made: Machine, path: str = "/health") -> bool:
    return answer(made, path) != ""


def answer(made: Machine, path: str) -> str:
    """What the server says; nothing while it is not there or says no."""
    command = ("curl", "--silent", "--fail", "--max-time", "20", f"http://127.0.0.1:8000{path}")
    return made.run(*command, check=False)


def until(true: Callable[[], bool], made: Machine, within: float = PATIENCE) -> None:
    deadline = time.monotonic() + within
    while not true():
        assert time.monotonic() < deadline, made.log
        time.sleep(0.1)
