"""Running a jurisdiction: its units, the terms that the law leaves open, its holidays, and the log of everything."""
