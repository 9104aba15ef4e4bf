"""Every message of beehive: one struct a keyword, with the names of its JSON."""
