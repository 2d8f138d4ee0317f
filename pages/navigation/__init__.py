"""Where pages stand: ``places`` is the table of pages and their addresses, ``menu`` draws it."""
