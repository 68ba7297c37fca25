"""Withdrawals: from what exchanges tell at every poll to what is believed, excused and held against them."""
