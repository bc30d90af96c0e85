"""Embedding models behind an API: OpenAI's, and those of Amazon Bedrock."""
