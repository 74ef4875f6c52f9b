"""Use cases of sealed reports: like the others they take a session and `now`, flush, and never commit."""
