"""Ways in for programs: the OpenAI-compatible API, REST, MCP; the keys that open them; health and measures."""
