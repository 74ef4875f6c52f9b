"""Who may sign in to the office: accounts, their sessions, and what proves that somebody is who he says."""
