"""The unit's desk: everything that people of one unit do with its disclosures."""
