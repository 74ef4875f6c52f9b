"""The rule book: every check on what a unit publishes, by family."""
