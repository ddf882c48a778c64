"""Figures for papers, drawn by matplotlib: contact sheets, maps, captions and citations."""
