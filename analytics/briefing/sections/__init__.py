"""Sections of a briefing, 一 to 七 and the tables at the end: each a function of ``Evidence`` that returns a Section."""
