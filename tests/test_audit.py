"""What `make audit` makes of each thing that pip-audit may say."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
_MAKE = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES"}
CLEAN = "No known vulnerabilities found"
WEAK = "Found 2 known vulnerabilities in 1 package\nflask 0.1 PYSEC-1 0.2"
UNREACHABLE = "ERROR:pip_audit._cli:alembic: Dependency not found on PyPI and could not be audited"


def audit(folder: Path, said: str, code: int, *options: str) -> subprocess.CompletedProcess[str]:
    """Run it with a pip-audit that says so."""
    make = shutil.which("make")
    if make is None:
        pytest.skip("make is not installed")
    (folder / "bin").mkdir(parents=True)
    (folder / "said").write_text(said)
    program = folder / "bin" / "pip-audit"
    program.write_text(f"#!/bin/sh\ncat {folder}/said\nexit {code}\n")
    program.chmod(0o755)
    for ready in (".running", ".ready"):  # nothing is to be installed
        (folder / ready).touch()
    # Not of the make that may run the tests: it would tell what folder it is in, and more.
    environ = {name: value for name, value in os.environ.items() if name not in _MAKE}
    return subprocess.run(
        [make, "audit", f"VENV={folder}", *options],
        cwd=ROOT, env=environ, capture_output=True, text=True,
    )  # fmt: skip


def test_nothing_found_is_well(tmp_path: Path) -> None:
    done = audit(tmp_path, CLEAN, 0)
    assert (done.returncode, done.stdout.strip()) == (0, CLEAN)


def test_a_weakness_fails_and_is_named(tmp_path: Path) -> None:
    done = audit(tmp_path, WEAK, 1)
    assert done.returncode != 0
    assert "PYSEC-1" in done.stdout


def test_without_the_list_there_is_no_verdict_which_is_said(tmp_path: Path) -> None:
    done = audit(tmp_path, UNREACHABLE, 1)
    assert done.returncode == 0
    assert UNREACHABLE in done.stdout
    assert "NO VERDICT" in done.stdout


def test_where_a_verdict_is_required_none_fails(tmp_path: Path) -> None:
    done = audit(tmp_path, UNREACHABLE, 1, "VERDICT=required")
    assert done.returncode != 0
    assert "NO VERDICT" in done.stdout
    assert audit(tmp_path / "clean", CLEAN, 0, "VERDICT=required").returncode == 0
