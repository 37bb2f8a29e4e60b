"""The DPO's desk: requests of persons, what is found of them, what is done with it."""
