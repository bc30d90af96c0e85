"""What stands between people and the pipeline: questions are checked before anything reads them, answers before anybody
sees them."""
