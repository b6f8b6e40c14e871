"""Audio coming in: shows, episodes, ingest and storage."""
