"""What follows from the bot's own readings on chain: which wallets are read, and whether the source agrees. Pure."""
