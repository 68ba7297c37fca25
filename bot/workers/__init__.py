"""Several workers on one store: who holds which lease, how a platform is connected, what workers tell each other."""
