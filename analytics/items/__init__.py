"""The list of services: what is in force, what changed, what it is used for, what it lacks."""
