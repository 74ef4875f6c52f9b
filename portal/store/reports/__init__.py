"""The store of reports: a database of its own. Nothing that a unit, the search or the site reads ever opens it."""
