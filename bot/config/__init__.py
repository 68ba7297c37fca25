"""Settings: which there are (`settings`), what each may hold (`setting_types`, `address_types`), and `.env` itself.

`env_file` reads the latter, and the files of secrets.
"""
