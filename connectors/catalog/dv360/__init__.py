"""Google Display & Video 360: Customer Match lists of an advertiser or partner."""
