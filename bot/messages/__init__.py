"""What the bot says: the message model, numbers as text, one card per topic, and fitting to platforms' limits. Pure."""
