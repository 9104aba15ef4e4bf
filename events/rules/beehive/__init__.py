"""Rules of beehive: who may do what, and what follows; pure."""
