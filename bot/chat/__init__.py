"""The chat platforms: each turns messages into its own form and its own events into commands."""
