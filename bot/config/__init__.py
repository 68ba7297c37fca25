"""Settings: which variables there are (`settings`) and what each may hold (`types`)."""
