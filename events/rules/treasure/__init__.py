"""The treasure game: pure rules."""
