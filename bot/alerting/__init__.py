"""From a signal to an incident, and to the places that want to hear of it. Pure."""
