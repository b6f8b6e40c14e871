"""What machines read: sitemap and robots."""
