"""Makes mocks files from descriptions in other formats.

`asyncapi/` reads AsyncAPI documents into `model`; `asyncapi/mocks.py` makes mocks of it; `writing`
writes them with comments. It talks to no server.
"""
