"""DefiLlama: the list of exchanges (`source`) and the amounts of one exchange (`protocol`)."""
