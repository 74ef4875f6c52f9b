"""What people see over HTTP."""
