"""What the owner decides of the whole site in the studio: its name, language and colour."""
