"""The values that the whole program is about, all frozen, and the error tree. Imports nothing of the other packages."""
