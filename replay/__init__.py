"""Read a log alone: replay, audit, export, statistics. Nothing here writes to it."""
