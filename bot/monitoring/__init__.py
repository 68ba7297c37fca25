"""Monitoring: poll the sources, build what is known of each exchange, judge it, and commit what changed."""
