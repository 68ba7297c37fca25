"""The episodes: who held what, what left when, which figures were published. The engine is one folder up."""
