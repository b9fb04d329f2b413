"""What a person writes: the schema of mocks files, and path patterns."""
