"""Rules of Techmino: pure states, decisions and results; no clock, randomness or I/O."""
