"""From rows to bytes: the plain document, its assembly, and its writing through feedgen."""
