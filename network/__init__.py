"""Sockets, codecs, limits, the command line: where bytes begin and end."""
