"""Audio going out: private feeds, rendering, delivery and downloads."""
