"""`parlour demo`: an engine, bots in three games, a crash, a replay, an audit, a forgery."""
