"""Covers in the sizes that pages need."""
