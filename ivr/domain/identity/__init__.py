"""Who calls, told without asking what is forbidden."""
