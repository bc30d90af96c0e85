"""What operators do to a stage that runs; docs/runbook.md says when."""
