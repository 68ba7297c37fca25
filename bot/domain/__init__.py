"""What we talk about: frozen values and the error tree. Imports nothing but itself."""
