"""What we say: the message model, numbers, cards, fitting to limits. Pure."""
