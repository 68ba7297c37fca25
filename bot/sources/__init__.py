"""The upstreams: fetch, and a pure parse() for what they send."""
