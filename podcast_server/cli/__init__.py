"""The command line: `podcast-server …`. Each group of commands is a module."""

import gc

gc.disable()  # loading leaves no garbage behind, and looking for some is a tenth of the work
from podcast_server.cli.main import main  # noqa: E402

gc.freeze()  # nor would it later: what is loaded stays
gc.enable()

__all__ = ["main"]
