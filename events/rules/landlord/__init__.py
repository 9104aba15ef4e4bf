"""Dou Dizhu: what a hand is, what beats it, and what a player may play."""

from parlour.events.rules.landlord.hands import CardType, HandType, beats, classify
from parlour.events.rules.landlord.plays import legal_plays

__all__ = ["CardType", "HandType", "beats", "classify", "legal_plays"]
