"""The address owns what a page shows: filters, metric, sort, tab, open type, card and case stand in it alone.

``parameters`` reads and writes it, ``inputs`` draws widgets that show a parameter and change it, ``links``
leads to pages with it, ``drafts`` keeps text that is not saved yet. No other module of ``pages`` touches
``st.query_params``, ``st.page_link`` or ``bind=`` (tests/pages/test_address.py holds that).

See docs/decisions/0020, also for why Streamlit's own bound widgets are not used.
"""
