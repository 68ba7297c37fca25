"""Readings in, signals out. Pure."""
