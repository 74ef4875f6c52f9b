"""What the commission does about what it sees: matters, letters, rectification, checks of its own. Pure."""
