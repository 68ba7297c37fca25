"""Status pages that exchanges keep at Atlassian Statuspage: announced maintenance, and at Kraken every network."""
