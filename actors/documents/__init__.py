"""The schema of mocks files, path patterns, and the problems of documents."""
