"""The build: catalogues and images in, a bundle out."""
