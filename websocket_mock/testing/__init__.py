"""The Python API: mock servers that tests start, program and question.

It is a skin like MCP and REST: it calls the same tools, in this process or over REST. Users import
the names from `websocket_mock`.
"""
