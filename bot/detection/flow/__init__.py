"""Flow: what moved between two readings, over which windows, and how unusual that is for the exchange."""
