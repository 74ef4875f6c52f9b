"""What the commission does about what it sees, and what units answer."""
