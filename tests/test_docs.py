"""The documentation names every command and every setting there is."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import click
import pytest

from podcast_server.cli.main import root
from podcast_server.settings import Settings, setting_names

ROOT = Path(__file__).parent.parent


def command_names(group: click.Group, prefix: str = "") -> list[str]:
    names = []
    here = click.Context(group)
    for name in group.list_commands(here):
        command = group.get_command(here, name)
        if isinstance(command, click.Group):
            names += command_names(command, f"{prefix}{name} ")
        else:
            names.append(f"{prefix}{name}")
    return names


@pytest.mark.parametrize("name", command_names(root))
def test_every_command_is_in_the_guide(name: str) -> None:
    assert f"`{name}" in (ROOT / "docs" / "cli.md").read_text()


def test_config_toml_lists_every_setting_at_its_default() -> None:
    written = tomllib.loads((ROOT / "config.toml").read_text())
    flat: dict[str, Any] = {}
    for key, value in written.items():
        if isinstance(value, dict):
            flat |= {f"{key}.{name}": inner for name, inner in value.items()}
        else:
            flat[key] = value
    assert sorted(flat) == sorted(setting_names())
    assert Settings(**written).model_dump() == Settings().model_dump()


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "CONTRIBUTING.md",
        "docs/archive.md",
        "docs/cli.md",
        "docs/feeds.md",
        "docs/moving-members.md",
        "docs/performance.md",
        "docs/api.md",
        "docs/moving.md",
        "docs/stripe.md",
        "docs/sharing.md",
        "docs/operating.md",
        "docs/security.md",
        "docs/scale.md",
        "docs/reliability.md",
        "SECURITY.md",
    ],
)
def test_links_in_the_documentation_lead_somewhere(name: str) -> None:
    import re

    path = ROOT / name
    for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text()):
        assert (path.parent / target).exists(), f"{name} links to {target}"
