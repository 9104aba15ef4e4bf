"""Facts and their log: events, pure rules, the journal, seals and readers."""
