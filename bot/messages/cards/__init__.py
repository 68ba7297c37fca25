"""Every message the bot sends, one file per topic. A card is a function from figures to a `Message`; it does no I/O."""
