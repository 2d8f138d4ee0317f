"""The reform's plan against what the data shows: milestones, coverage, B-READY topics."""
