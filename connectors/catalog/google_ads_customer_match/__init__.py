"""Google Ads Customer Match: customer lists of a Google Ads account, through the Data Manager API."""
