"""The embedded server: a private Redis or Valkey process that the bot runs while REDIS_URL is not set."""
