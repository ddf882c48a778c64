"""Images on the way in and out: FITS read and written, brought to FIRST's sampling, drawn.

Nothing in here asks a survey or knows of the bundle.
"""
