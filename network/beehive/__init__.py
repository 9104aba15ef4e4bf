"""beehive on the wire: three dialects over TCP and WebSocket, and its HTTP helpers."""
