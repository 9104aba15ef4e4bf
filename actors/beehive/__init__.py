"""Instant messaging: sessions, users with their devices, groups, rooms, nodes."""
