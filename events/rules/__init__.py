"""Pure rules: decide and evolve, with no clock, no randomness and no I/O."""
