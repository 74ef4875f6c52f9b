"""Reports (检举控告): query codes, key lists, routes, states and clocks. Pure: no key, no database, no request."""
