"""The commission's board: how every unit stands, worked out once and kept until something moves."""
