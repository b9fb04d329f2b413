"""``python -m websocket_mock``: the same command line as ``websocket-mock-server``."""

import sys

from websocket_mock.scripts.launch import main

if __name__ == "__main__":
    sys.exit(main())
