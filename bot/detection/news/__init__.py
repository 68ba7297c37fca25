"""News: which exchange a headline is about, which headlines are the same, and how loud an exchange is in them."""
