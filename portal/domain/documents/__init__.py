"""One module per kind of disclosure; each declares its fields once, for everyone."""
