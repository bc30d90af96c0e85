"""Turns that outlive their client: run in the background, kept as they grow, followed from any replica."""
