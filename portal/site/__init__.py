"""The public site: what its pages say and how they become files."""
