"""What exchanges say of their trading system as a whole; keyless, and documented everywhere.

It says nothing about withdrawals: an exchange may trade as usual and pay out nothing. A value that is not documented is
UNKNOWN and never normal.
"""
