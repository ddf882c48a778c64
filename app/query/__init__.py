"""The query: of a position, an image, a source or a whole list. It speaks no HTTP."""
