"""What we answer. One file per topic, no vendor, no state."""
