"""Objects as files in a folder of this machine."""

from episodes.storage.local.storage import LocalStorage

__all__ = ["LocalStorage"]
