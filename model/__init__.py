"""Pixels to numbers: preprocessing, angular extent, the encoder. Never HTTP or the bundle."""
