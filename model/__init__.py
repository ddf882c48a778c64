"""Pixels to numbers: preprocessing, angular extent, the encoder. Never HTTP, never the disk layout."""
