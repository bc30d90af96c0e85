"""What CloudWatch is told of the pipeline."""
