"""`rgz-explorer fetch cutouts`: a survey's images of a whole list of sources, kept as files."""
