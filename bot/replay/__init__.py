"""Episodes as data, and the local server that serves them in the upstream's own format."""
