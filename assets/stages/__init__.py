"""The flow without Dagster: each stage reads its upstream's keys, does what is missing in batches, and appends."""
