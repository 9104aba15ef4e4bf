"""The lobby, its rooms, room servers, and the treasure game."""
