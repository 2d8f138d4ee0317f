"""The closed loop: ways that cases really went, rules they should keep, and who has the next step."""
