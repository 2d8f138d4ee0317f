"""The board of types that were taken up (治理台账), their remedies, and the measured effect of each remedy."""
