"""Sky positions as people write them: coordinates, designations, names, and Sesame for objects."""
