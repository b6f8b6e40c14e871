"""Audio on its way in, part by part."""
