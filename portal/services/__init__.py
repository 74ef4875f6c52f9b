"""Use cases: they take a session and `now`, flush, and never commit."""
