"""What comes in from other systems and goes out to them: spreadsheets, rule texts, open data."""
