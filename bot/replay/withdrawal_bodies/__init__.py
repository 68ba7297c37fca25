"""What exchanges answer to those who ask about withdrawals: a file for each, which writes its own format."""
