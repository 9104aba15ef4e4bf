"""Dou Dizhu on the wire: frames over TCP (plain or XOR) and WebSocket."""
