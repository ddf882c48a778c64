"""Many positions at once: a list in, one table of neighbours out, and a reason for what is not."""
