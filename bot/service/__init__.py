"""The running service: `application` wires the parts, `lifetime` starts and stops them."""
