"""Status pages that exchanges keep at Atlassian Statuspage: announced work, and at Kraken every network."""
