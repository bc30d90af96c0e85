"""Measurements: `make bench` prints them all, `python -m benches NAME ...` some."""
