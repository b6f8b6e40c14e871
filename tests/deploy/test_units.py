"""The systemd units, run as they are by a real systemd, installed as the guide says."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.guided import STATE, answer, answered, install, shell, until
from tests.deploy.machine import Machine, NoMachine, machine

pytestmark = pytest.mark.slow
WEB, JOBS = "podcast-server.service", "podcast-server-worker.service"
UNITS = [f"/etc/systemd/system/{unit}" for unit in (WEB, JOBS)]
WITHOUT_JOBS = """[Service]
ExecStart=
ExecStart=/opt/podcast-server/.venv/bin/podcast-server serve --no-jobs"""
SOON = 20.0  # seconds: much less than systemd waits for what does not end


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    try:
        with machine(tmp_path_factory.mktemp("machine")) as made:
            install(made)
            yield made
    except NoMachine as error:
        pytest.skip(str(error))


@pytest.fixture
def served(installed: Machine) -> Iterator[Machine]:
    installed.run("systemctl", "start", WEB)
    until(lambda: answered(installed), installed)
    yield installed
    installed.run("systemctl", "stop", WEB, JOBS)


def first_of(made: Machine, unit: str = WEB) -> int:
    """The process that systemd started, as seen from here."""
    inside = made.told(unit, "MainPID")
    for pid in made.processes(unit):
        status = Path(f"/proc/{pid}/status").read_text()
        if re.search(rf"^NSpid:.*\t{inside}$", status, re.MULTILINE):
            return pid
    raise AssertionError(made.log)


def test_systemd_finds_nothing_wrong_with_them(installed: Machine) -> None:
    assert installed.run("systemd-analyze", "verify", *UNITS) == ""


def test_the_server_and_its_jobs_run(served: Machine) -> None:
    until(lambda: answered(served, "/ready"), served)
    commands = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in served.processes(WEB)]
    assert sum(b"\0serve\0" in each for each in commands) >= 2
    until(lambda: any(command_is(pid, b"--parent") for pid in served.processes(WEB)), served)


def command_is(pid: int, word: bytes) -> bool:
    return b"\0" + word + b"\0" in Path(f"/proc/{pid}/cmdline").read_bytes()


def test_it_is_nobody_of_importance_and_writes_in_its_own_folder_alone(served: Machine) -> None:
    user = served.run("id", "-u", "podcast-server")
    for pid in served.processes(WEB):
        status = Path(f"/proc/{pid}/status").read_text()
        assert re.search(rf"^Uid:\t{user}\t{user}\t{user}\t{user}$", status, re.MULTILINE)
        assert "NoNewPrivs:\t1" in status
    mounts = Path(f"/proc/{first_of(served)}/mountinfo").read_text().splitlines()
    may_write = {line.split()[4]: "rw" in line.split()[5].split(",") for line in mounts}
    assert not may_write["/"]
    assert may_write[STATE]


def test_a_reload_brings_other_processes_while_it_answers(served: Machine) -> None:
    first, before = first_of(served), set(served.processes(WEB))
    served.run("systemctl", "reload", WEB)

    def replaced() -> bool:
        assert answered(served)
        return set(served.processes(WEB)) & before == {first}

    until(replaced, served)
    assert served.told(WEB, "NRestarts") == "0"


def test_one_that_is_killed_is_back_soon_though_it_had_only_just_begun(
    installed: Machine,
) -> None:
    installed.run("systemctl", "start", WEB)
    until(lambda: len(installed.processes(WEB)) > 1, installed)
    before = set(installed.processes(WEB))
    os.kill(first_of(installed), signal.SIGKILL)
    # Its worker does not yet listen to signals.
    until(lambda: installed.told(WEB, "NRestarts") != "0", installed, SOON)
    until(lambda: answered(installed), installed)
    assert not set(installed.processes(WEB)) & before


def test_a_stop_ends_everything_in_good_order(served: Machine) -> None:
    served.run("systemctl", "stop", WEB)
    assert served.told(WEB, "Result") == "success"
    assert served.told(WEB, "ExecMainStatus") in {"0", str(int(signal.SIGINT))}
    assert served.processes(WEB) == []


@pytest.mark.parametrize("unit", [WEB, JOBS])
def test_a_stop_does_not_reach_what_a_running_job_has_started(
    installed: Machine, unit: str
) -> None:
    assert installed.told(unit, "KillMode") == "mixed"
    assert installed.told(unit, "KillSignal") == str(int(signal.SIGINT))


def test_jobs_run_in_a_unit_of_their_own(installed: Machine) -> None:
    drop_in = "/run/systemd/system/podcast-server.service.d"
    installed.run("systemctl", "stop", WEB, JOBS)  # whatever another test left running
    shell(
        installed,
        f"mkdir -p {drop_in}",
        f"printf '%s\\n' '{WITHOUT_JOBS}' > {drop_in}/without-jobs.conf",
        "systemctl daemon-reload",
        f"systemctl start {WEB} {JOBS}",
    )
    until(lambda: '"jobs": "ok"' in answer(installed, "/ready"), installed)
    assert not any(command_is(pid, b"--parent") for pid in installed.processes(WEB))
    installed.run("systemctl", "stop", JOBS, WEB)
    assert installed.told(JOBS, "Result") == "success"
    assert installed.processes(JOBS) == []
