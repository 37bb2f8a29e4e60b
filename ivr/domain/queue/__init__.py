"""Who waits for whom: queues, agents' states, places, and the decision which agent takes which call."""
