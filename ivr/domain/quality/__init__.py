"""Analysis grids: what is asked about a call, what was answered, what that is worth, and which calls are taken."""
