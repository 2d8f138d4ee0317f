"""The core of the demand-insight dashboard: everything here runs without a browser."""
