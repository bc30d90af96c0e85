"""A conversation rather than single questions: what a follow-up means, what a question asks for in parts, and how much
of the earlier turns a model is shown."""
