"""Tables in and out: bytes to columns, positions in them, and the results to take away."""
