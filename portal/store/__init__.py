"""Rows, the only database binding, migrations, and the one accessor of the public."""
