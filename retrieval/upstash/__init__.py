"""Releases in Upstash Vector: each a namespace of a hybrid index, dense vectors and BM25 weights side by side."""
