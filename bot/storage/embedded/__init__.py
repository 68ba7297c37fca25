"""The private Redis or Valkey server that runs while REDIS_URL is unset."""
