"""Proofs of reserves: what exchanges themselves tell, and a table of what others publish."""
