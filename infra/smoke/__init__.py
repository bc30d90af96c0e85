"""Whether a deployed stage works: a page goes in, its chunks come out, the chat answers."""
