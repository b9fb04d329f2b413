"""A server of comparison for calls: one MCP tool that does nothing, with FastMCP over http.

A module to run, with `--ready-file FILE`. Runs until it is terminated.
"""

import argparse
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import uvicorn
from fastmcp import FastMCP

from websocket_mock.scripts.dev.benchmark.peers import HOST, write_ready_file

mcp = FastMCP("empty")


@mcp.tool
def empty() -> dict[str, str]:
    """Return nothing."""
    return {}


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until terminated; return the exit code."""
    parser = argparse.ArgumentParser(prog="bench_peers_tool", description=__doc__)
    parser.add_argument("--ready-file", type=Path, required=True, help="written once it listens")
    options = parser.parse_args(arguments)
    # With its protocol: asyncio sets TCP_NODELAY only on sockets that have it.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind((HOST, 0))
        listener.listen()
        port = listener.getsockname()[1]
        write_ready_file(options.ready_file, f"http://{HOST}:{port}/mcp")
        config = uvicorn.Config(mcp.http_app(), log_level="warning")
        uvicorn.Server(config).run(sockets=[listener])
    return 0


if __name__ == "__main__":
    sys.exit(main())
