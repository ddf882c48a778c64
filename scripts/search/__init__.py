"""`rgz-explorer search`: a list of positions in, one table of neighbours out."""
