"""The dialects, as data of the package: a mocks document for each of some well-known protocols."""

from pathlib import Path

FOLDER = Path(__file__).parent
"""The folder of the documents, and of the Python files that they use."""
