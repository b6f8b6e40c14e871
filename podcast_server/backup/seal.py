"""Encrypted backups in the age format (age-encryption.org/v1).

The server knows only the recipient, the public half: whoever breaks into it, or finds the backups,
cannot read them. The identity, the secret half, belongs elsewhere. The ``age`` program opens the
files, too.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, cast

import pyrage

from episodes.storage.base import Readable
from podcast_server.backup.errors import BackupError

SUFFIX = ".age"
Copy = Callable[[Readable, BinaryIO], None]


def new_identity() -> tuple[str, str]:
    """A fresh pair: (identity, to keep secret elsewhere; recipient, for the settings)."""
    identity = pyrage.x25519.Identity.generate()
    return str(identity), str(identity.to_public())


def sealing(recipient: str) -> Copy:
    """A copy that encrypts for ``recipient`` ("age1…"). Raises BackupError."""
    try:
        known = pyrage.x25519.Recipient.from_str(recipient)
    except pyrage.RecipientError as error:
        raise BackupError(f"“{recipient}” is no age recipient; it begins with age1") from error

    def copy(source: Readable, target: BinaryIO) -> None:
        pyrage.encrypt_io(cast("BinaryIO", source), target, [known])

    return copy


def opening(identity_file: Path) -> Copy:
    """A copy that decrypts with the identity in a file. Raises BackupError."""
    try:
        lines = identity_file.read_text(encoding="utf-8").splitlines()
        secret = next(line.strip() for line in lines if line.startswith("AGE-SECRET-KEY-"))
        identity = pyrage.x25519.Identity.from_str(secret)
    except (OSError, UnicodeDecodeError, StopIteration, pyrage.IdentityError) as error:
        raise BackupError(f"{identity_file} holds no age identity (AGE-SECRET-KEY-…)") from error

    def copy(source: Readable, target: BinaryIO) -> None:
        try:
            pyrage.decrypt_io(cast("BinaryIO", source), target, [identity])
        except pyrage.DecryptError as error:
            raise BackupError("the backup is damaged, or made for another identity") from error

    return copy


def plainly(source: Readable, target: BinaryIO) -> None:
    """A copy that neither encrypts nor decrypts."""
    while chunk := source.read(1024 * 1024):
        target.write(chunk)


def open_file(path: Path, target: Path, copy: Copy) -> None:
    """Decrypt one file into another, readable by its owner alone; all of it or nothing."""
    unfinished = target.with_name(f".{target.name}.unfinished")
    unfinished.touch(mode=0o600)
    try:
        with path.open("rb") as source, unfinished.open("wb") as file:
            copy(source, file)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
