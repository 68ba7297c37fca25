"""What exchanges' own interfaces say about withdrawals: a file for each exchange, and one shape for all of them."""
