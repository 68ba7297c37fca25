"""Everything this bot ever says, one file per topic; the words for users live here."""
