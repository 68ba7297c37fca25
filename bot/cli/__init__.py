"""The command line: `main` has the click commands, `ask`, `check` and `demo` what some of them do."""
