"""Withdrawals: which of the major assets can be taken out of an exchange."""
