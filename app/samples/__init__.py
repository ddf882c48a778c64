"""Samples, tags and notes of the people who use a server, in one SQLite file."""
