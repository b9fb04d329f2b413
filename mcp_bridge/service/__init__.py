"""The verbs of the server: functions with typed arguments, results and errors.

Interfaces such as the MCP tools only adapt these functions. Everything here is synchronous and
blocks for a bounded time; it may run on any thread except an actor's. It must not know MCP or HTTP.
"""
