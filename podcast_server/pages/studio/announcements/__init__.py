"""Clips that members hear in their feed: welcome, payment failing, ended."""
