"""DefiLlama: `source` asks over HTTP and reads the list, `protocol` parses the amounts of one exchange.

`decode_process` has a large body parsed in a process of its own, and `decode_worker` is what runs in that process.
"""
