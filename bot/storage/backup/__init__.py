"""Backups: everything that the store holds under its prefix, in one file, and back. Begin at `save.py`."""
