"""`parlour demo`: the engine, bots in two games, a crash, a replay, an audit, a forgery caught."""
