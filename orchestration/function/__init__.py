"""The function: what AWS Lambda runs for pages that others drop into a bucket, and for shares of stages."""
