"""The briefing: facts first, then Word, PDF, Excel and HTML of the same facts."""
