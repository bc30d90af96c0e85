"""Answers that are given again: to the same question, by the same model, from the same passages."""
