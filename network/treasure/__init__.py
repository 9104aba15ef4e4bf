"""The treasure game on the wire: service ids over TCP and WebSocket, and the node link."""
