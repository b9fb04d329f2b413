"""Every verb of the server, once: typed arguments in, typed results or typed errors out.

The skins (MCP tools, REST, Python, command lines) only adapt these functions. Everything here is
synchronous and blocks for a bounded time, on any thread but an actor's. It knows futures and
snapshots, and neither MCP nor HTTP.
"""
