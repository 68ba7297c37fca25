"""DefiLlama: `source` asks over HTTP and reads the list, `protocol` parses the amounts of one exchange.

`decode_process` has a large body parsed in a process of its own, and `decode_worker` is what runs in that process.
"""

NAME = "defillama"
"""What readings and health call this source; here, so that a process which only parses needs no HTTP client for it."""
