"""Build and run container images where podman is installed; it needs root.

Where no registry can be reached, Debian's own packages stand in for the image that ours is built on.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.running import PATIENCE

MIRROR = "http://deb.debian.org/debian"
LONG = 1200  # seconds to fetch and build
# crun takes one hierarchy of control groups, not two; and it may not touch those of this machine.
# Nor its /dev/null, which it gives to the user of a container that reads from it.
_ALONE = """
mount --make-rprivate /
mount -t tmpfs tmpfs /mnt
mknod -m 666 /mnt/null c 1 3
mount --bind /mnt/null /dev/null
if [ -d /sys/fs/cgroup/unified ]; then
  umount --recursive /sys/fs/cgroup
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
fi
echo ready
exec sleep infinity
"""
_BOUNDS = ("--ulimit=nofile=4096:4096", "--ulimit=nproc=4096:4096")


class NoBuilder(Exception):
    """Images cannot be built here; the text says why."""


@dataclass(frozen=True)
class Podman:
    """podman with a store of its own."""

    holder: int  # the process whose mounts it sees
    folder: Path

    def __call__(self, *words: str | Path, check: bool = True) -> str:
        """What a command says. Raises AssertionError if it fails."""
        done = subprocess.run(
            ["nsenter", f"--target={self.holder}", "--mount",
             "sh", "-c", 'exec "$@" </dev/null', "sh", "podman",
             f"--root={self.folder}/store", f"--runroot={self.folder}/run",
             "--cgroup-manager=cgroupfs", *map(str, words)],
            capture_output=True, text=True, timeout=LONG, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        if check and done.returncode:
            raise AssertionError(f"{words}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
        return done.stdout.strip()

    def start(self, image: str, *command: str) -> str:
        """A container that reaches nobody; its name."""
        return self("run", "--detach", "--pull=never", "--network=none", "--cgroups=disabled",
                    *_BOUNDS, image, *command)  # fmt: skip

    def bring(self, image: str) -> None:
        """Have the image here: the real one, or one that stands in for it. Raises NoBuilder."""
        self("pull", "--quiet", image, check=False)
        if not self("images", "--quiet", image):
            _stand_in(self.folder / "base")
            archive = self.folder / "base.tar"
            subprocess.run(["tar", "-C", self.folder / "base", "-cf", archive, "."], check=True)
            self("import", "--quiet", archive, image)


@contextlib.contextmanager
def podman(folder: Path) -> Iterator[Podman]:
    """For the length of the block; all it made is removed with it. Raises NoBuilder."""
    if os.geteuid() != 0:
        raise NoBuilder("only root may mount what images are built on")
    if not shutil.which("podman"):
        raise NoBuilder("podman is not installed")
    with subprocess.Popen(
        ["unshare", "--mount", "sh", "-ec", _ALONE], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as holder:
        assert holder.stdout
        assert holder.stderr
        made = Podman(holder.pid, folder)
        try:
            if holder.stdout.readline() != b"ready\n":
                raise NoBuilder(holder.stderr.read().decode().strip())
            yield made
            made("rm", "--all", "--force", "--time=5")
        finally:
            holder.kill()
            holder.wait(timeout=PATIENCE)
    shutil.rmtree(folder, ignore_errors=True)


def _stand_in(folder: Path) -> None:
    """Debian with its own Python 3.11, and the certificates that this machine trusts."""
    if not shutil.which("debootstrap"):
        raise NoBuilder("no registry can be reached, and debootstrap is not installed")
    packages = "python3,python3-venv,ca-certificates"
    done = subprocess.run(
        ["debootstrap", "--variant=minbase", f"--include={packages}", "bookworm", folder, MIRROR],
        capture_output=True, text=True, timeout=LONG,
    )  # fmt: skip
    if done.returncode:
        raise NoBuilder(f"no registry and no mirror of Debian: {done.stdout[-500:]}")
    (folder / "usr/bin/python").symlink_to("python3")
    trusted = "etc/ssl/certs/ca-certificates.crt"
    shutil.copy(Path("/") / trusted, folder / trusted)
    (folder / "etc/pip.conf").write_text(f"[global]\ncert = /{trusted}\n")
