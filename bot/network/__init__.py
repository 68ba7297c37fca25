"""Connections to the world: through which proxy (`proxy_rules`), how (`connector`, `socks`), why not (`errors`).

Telegram, Discord with its gateway, the upstreams and the heartbeat connect with `connector`; Redis never goes through a
proxy.
"""
