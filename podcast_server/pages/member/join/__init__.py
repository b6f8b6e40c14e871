"""Joining a show's free plan."""
