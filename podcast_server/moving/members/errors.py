"""What can go wrong when members are brought over. The texts are for the podcaster."""

from __future__ import annotations

from podcast_server.moving.errors import MoveError


class MemberImportError(MoveError):
    """Base of the family; nothing was given or taken."""


class TableRefused(MemberImportError):
    """The file cannot be read as a table."""


class MappingRefused(MemberImportError):
    """A column, plan or show that the mapping names does not exist, or one is missing."""


class NoSuchImport(MemberImportError):
    """There is no import with this number, or it is not in the state this needs."""
