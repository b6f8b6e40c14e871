"""Why a feed, or something it points to, cannot be brought here."""

from __future__ import annotations

from episodes.errors import EpisodeError
from episodes.storage.base import StorageUnavailable


class ImportRefused(EpisodeError):
    """It will not become better by trying again; the text says why."""


class Denied(ImportRefused):
    """The other side will not answer this. Refusing HEAD says nothing of GET."""


class FetchFailed(EpisodeError):
    """The other side does not answer as it should; later it may."""


class Interrupted(Exception):
    """We are asked to stop. What has arrived stays, and the next run goes on from there."""


def may_pass(error: EpisodeError) -> bool:
    """Whether the same may go well later: the other side, or our storage, was away."""
    return isinstance(error, FetchFailed | StorageUnavailable)


class PrivateNetwork(ImportRefused):
    """The address leads into a network of ours or somebody's, where strangers' must not."""
