"""Ports: the protocols by which the core asks for storage, sources and chats; adapters implement them."""
