"""The actors of Techmino: sessions by endpoint, the lobby, chat and play rooms, matches."""
