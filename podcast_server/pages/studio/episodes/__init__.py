"""A show's episodes: the list, and what comes in."""
