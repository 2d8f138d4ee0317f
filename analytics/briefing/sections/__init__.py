"""The parts of a briefing, 一 to 七 and the tables at the end: each asks the evidence and returns a Section."""
