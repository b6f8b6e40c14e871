"""A command loads what it needs: starting is most of what short ones take."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from podcast_server.cli.main import root


def test_every_command_is_found() -> None:
    here = click.Context(root)
    for name in root.list_commands(here):
        command = root.get_command(here, name)
        assert command is not None
        assert command.name == name


@pytest.mark.thorough
def test_a_command_loads_no_other_one() -> None:
    look = (
        "import sys; from podcast_server.cli.main import root\n"
        "root(['member', '--help'], standalone_mode=False)\n"
        "print([name for name in ('granian', 'podcast_server.cli.serve') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
