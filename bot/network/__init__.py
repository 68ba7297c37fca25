"""Connections to the world: `proxy_rules` say through which proxy, `connector` makes them, `errors` say why not.

Telegram, Discord with its gateway, the upstreams and the heartbeat connect with `connector`; Redis never goes through a
proxy.
"""
