"""How exchanges write their proofs of reserves, for stand-ins."""
