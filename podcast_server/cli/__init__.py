"""The command line: `podcast-server …`. Each group of commands is a module."""

from podcast_server.cli.main import main

__all__ = ["main"]
