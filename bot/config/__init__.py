"""Settings: which there are (`settings`), what each may hold (`setting_types`, `address_types`), `.env` (`env_file`)."""
