"""`python -m podcast_server` is the same as `podcast-server`."""

from podcast_server.cli.main import main

if __name__ == "__main__":  # workers import this file when they are started anew
    main()
