"""Techmino on the wire: five WebSocket endpoints, credentials, and the wild client."""
