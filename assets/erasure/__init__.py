"""Erasing pages: what holds them, in which order it goes, and the proof that nothing is left."""
