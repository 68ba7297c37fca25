"""Discord: commands become slash commands, messages become embeds, the library's errors become ours."""
