"""`parlour demo`: the engine, three bots, a crash, a replay, an audit, and a forgery caught."""
