"""News feeds: fetched by the bot's own HTTP client, parsed in a process that gets nothing but the bytes."""
