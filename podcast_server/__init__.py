"""The business and its face: people, plans, billing, pages, CLI and jobs."""
