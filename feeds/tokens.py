"""The tokens of a private feed: mint them, read them.

A token is a two-letter kind, the feed's random id in base32 and a signature over it in hex:
alphabets without case, because some podcast apps compare addresses ignoring it (AntennaPod). The
feed token opens the feed; the media token opens audio, transcripts and chapters; the report
token opens nothing, it only lets whoever reads the feed's description have the feed closed.
They sign the same id with different salts, so a shared episode link does not give the feed away.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from itsdangerous import BadSignature, Signer
from itsdangerous.signer import SigningAlgorithm

from feeds.errors import FeedError, UnknownSigningKey

Kind = Literal["pf", "pm", "pr"]
FEED: Kind = "pf"
MEDIA: Kind = "pm"
REPORT: Kind = "pr"

ID_LENGTH = 16  # base32 characters: 80 random bits
SIGNATURE_BYTES = 16  # 32 hex characters
TOKEN_LENGTH = 2 + ID_LENGTH + 2 * SIGNATURE_BYTES
_SALTS: dict[Kind, bytes] = {
    FEED: b"podcast-server.feed",
    MEDIA: b"podcast-server.media",
    REPORT: b"podcast-server.report",
}
_ALPHABET = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
# Tokens whose signatures were worked out lately: apps come back with the same ones all day.
_KEPT = 20_000


class _ShortHmac(SigningAlgorithm):
    """HMAC-SHA-256 cut to half its length, the shortest that RFC 2104 §5 recommends."""

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        return hmac.digest(key, value, "sha256")[:SIGNATURE_BYTES]


class _HexSigner(Signer):
    """itsdangerous' signer, writing signatures in hex, which knows no upper and lower case."""

    def get_signature(self, value: str | bytes) -> bytes:
        raw = self.algorithm.get_signature(self.derive_key(), _to_bytes(value))
        return raw.hex().encode()

    def verify_signature(self, value: str | bytes, sig: str | bytes) -> bool:
        try:
            raw = bytes.fromhex(sig if isinstance(sig, str) else sig.decode())
        except ValueError:
            return False
        value = _to_bytes(value)
        verify = self.algorithm.verify_signature
        return any(verify(self.derive_key(key), value, raw) for key in reversed(self.secret_keys))


def _to_bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One signing key; ``id`` is public, ``secret`` is 32 random bytes in hex."""

    id: str
    secret: str
    created: str


@dataclass(frozen=True, slots=True)
class KeyRing:
    """What a key file holds. All ``keys`` (oldest first) verify; ``signs`` is the id of the one
    that mints for new feeds, ``root`` the one that other secrets are derived from, which verifies
    nothing where it was retired.
    """

    keys: tuple[SigningKey, ...]
    signs: str
    root: SigningKey

    @classmethod
    def of(
        cls, keys: Iterable[SigningKey], signs: str = "", root: SigningKey | None = None
    ) -> KeyRing:
        """The usual one: the newest key signs, the oldest is the root. Raises FeedError."""
        listed = tuple(keys)
        if not listed:
            raise FeedError("there is no signing key: run `podcast-server init`")
        if signs and signs not in {key.id for key in listed}:
            raise FeedError(f"there is no signing key {signs}")
        return cls(listed, signs or listed[-1].id, root or listed[0])

    @classmethod
    def read(cls, plain: Any) -> KeyRing:
        """From the JSON of a key file. Raises FeedError, KeyError, TypeError, ValueError."""
        root = plain.get("root")
        keys = [_read_key(each) for each in plain["keys"]]
        return cls.of(keys, str(plain.get("signs", "")), root and _read_key(root))

    def plain(self) -> dict[str, Any]:
        """For JSON. What is as usual is left out, and files of before look as they did."""
        made: dict[str, Any] = {"keys": [asdict(key) for key in self.keys]}
        if self.signs != self.keys[-1].id:
            made["signs"] = self.signs
        if self.root != self.keys[0]:
            made["root"] = asdict(self.root)
        return made


def _read_key(plain: Any) -> SigningKey:
    key = SigningKey(str(plain["id"]), str(plain["secret"]), str(plain["created"]))
    bytes.fromhex(key.secret)
    return key


class Tokens:
    """Mints and reads tokens with the keys of a ring, or of a list, oldest first."""

    def __init__(self, keys: KeyRing | Iterable[SigningKey]) -> None:
        self.ring = keys if isinstance(keys, KeyRing) else KeyRing.of(keys)
        self.keys = list(self.ring.keys)
        self._minting = {
            (kind, key.id): _signer(kind, [key]) for kind in _SALTS for key in self.keys
        }
        self._reading = {kind: _signer(kind, self.keys) for kind in _SALTS}
        self._minted = lru_cache(_KEPT)(self._mint)
        self._verified = lru_cache(_KEPT)(self._verify)

    @property
    def newest(self) -> str:
        """The id of the key that mints for new feeds."""
        return self.ring.signs

    def derive(self, purpose: bytes) -> bytes:
        """A secret for another purpose, from the root (the first key), to outlive rotation."""
        return hmac.digest(bytes.fromhex(self.ring.root.secret), purpose, "sha256")

    def mint(self, kind: Kind, feed_key: str, signing_key: str) -> str:
        """The token of ``kind`` for the feed with this random id, always the same.

        Raises UnknownSigningKey when the feed's key was removed.
        """
        return self._minted(kind, feed_key, signing_key)

    def read(self, kind: Kind, token: str) -> str | None:
        """The feed id in a token, or None when it is not one of ours. Case does not matter."""
        try:
            return self._verified(kind, token.lower())
        except BadSignature:  # not remembered: guesses must not push out what is valid
            return None

    def _mint(self, kind: Kind, feed_key: str, signing_key: str) -> str:
        signer = self._minting.get((kind, signing_key))
        if signer is None:
            raise UnknownSigningKey(signing_key)
        value = kind + feed_key
        return value + signer.get_signature(value).decode()

    def _verify(self, kind: Kind, token: str) -> str:
        if len(token) != TOKEN_LENGTH or not token.isascii() or token[:2] != kind:
            raise BadSignature("not a token of this kind")
        value, signature = token[: 2 + ID_LENGTH], token[2 + ID_LENGTH :]
        if not self._reading[kind].verify_signature(value, signature):
            raise BadSignature("not signed by us")
        return value[2:]


def _signer(kind: Kind, keys: list[SigningKey]) -> _HexSigner:
    # Keys are derived here, once; itsdangerous would do it again on every call.
    derived = [hmac.digest(bytes.fromhex(key.secret), _SALTS[kind], "sha256") for key in keys]
    # The separator is never used (lengths are fixed), but itsdangerous wants one.
    return _HexSigner(derived, sep=".", key_derivation="none", algorithm=_ShortHmac())


def new_feed_key() -> str:
    """A fresh random feed id: 80 bits in 16 lower-case base32 characters."""
    return base64.b32encode(secrets.token_bytes(10)).decode().lower()


def looks_like_token(text: str) -> bool:
    """Whether text has the shape of a token, for log redaction and leak search."""
    return (
        len(text) == TOKEN_LENGTH
        and text[:2] in _SALTS
        and all(character in _ALPHABET for character in text[2:].lower())
    )


def new_signing_key(now: datetime) -> SigningKey:
    """A fresh random key. ``now`` is only remembered, in UTC."""
    return SigningKey(secrets.token_hex(4), secrets.token_hex(32), now.isoformat())


def load_signing_keys(path: Path) -> list[SigningKey]:
    """The keys in a key file, oldest first. Raises FeedError with what to do."""
    return list(load_key_ring(path).keys)


def load_key_ring(path: Path) -> KeyRing:
    """What a key file holds. Raises FeedError with what to do."""
    try:
        return KeyRing.read(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise FeedError(f"{path} does not exist: run `podcast-server init`") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError, FeedError) as error:
        raise FeedError(f"{path} is not a readable key file: restore it from a backup") from error


def save_signing_keys(path: Path, keys: KeyRing | list[SigningKey]) -> None:
    """Write the key file atomically, readable and writable by the owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    ring = keys if isinstance(keys, KeyRing) else KeyRing.of(keys)
    text = json.dumps(ring.plain(), indent=1)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
