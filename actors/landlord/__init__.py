"""The actors of a Dou Dizhu room: sessions, the lobby that seats players, and tables."""
