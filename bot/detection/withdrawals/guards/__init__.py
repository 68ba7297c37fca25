"""Guards of withdrawals, one file each: what is closed and not held against an exchange, or not in full."""
