"""Actors own live state: they take decoded commands and record events."""
