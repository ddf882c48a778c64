"""Catalogues and image sets that a bundle can be built from, one module a format."""
