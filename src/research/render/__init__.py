"""Showing a notebook: one stream of blocks, printed as one HTML file and as one PDF."""
