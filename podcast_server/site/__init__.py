"""What the owner decides of the whole site in the studio: how it looks, how mail leaves it."""
