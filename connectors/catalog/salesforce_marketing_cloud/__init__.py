"""Salesforce Marketing Cloud: rows of a data extension with a column that says who is in the audience."""
