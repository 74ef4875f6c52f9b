"""The pure heart: documents, rules, days. No clock, no files, no web, no database."""
