"""Monitoring: polls sources, builds snapshots of exchanges, judges them, and commits incidents with their alerts."""
