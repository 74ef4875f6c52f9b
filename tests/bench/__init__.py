"""Speed and memory, measured side by side; run with `make bench`."""
