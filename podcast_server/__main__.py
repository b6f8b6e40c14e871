"""`python -m podcast_server` is the same as `podcast-server`."""

from podcast_server.cli.main import main

main()
