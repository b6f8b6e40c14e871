"""``python -m podcast_server.translations``: bring the message files up to date."""

from __future__ import annotations

import sys

from podcast_server.translations.catalogues import all_languages, update


def main() -> int:
    """Update every language; 1 while something is not translated."""
    missing = [f"{code}: {text}" for code in all_languages() for text in update(code)]
    sys.stdout.write("".join(f"{line}\n" for line in missing) or "Everything is translated.\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
