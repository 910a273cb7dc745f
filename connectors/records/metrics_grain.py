"""How the outcome metrics are cut and kept: bucket sizes, class names and retention, without the SQL shape."""

QUARTER_HOUR_SECONDS = 15 * 60
HOUR_SECONDS = 60 * 60
DAY_SECONDS = 24 * HOUR_SECONDS

LATENCY_BUCKETS_MS = (10, 25, 50, 100, 250, 500, 1000, 1500, 2000, 2500, 3000, 5000, 10_000, 30_000)
"""Upper bounds; what is slower falls into one last bucket, `SLOWER_MS`."""
SLOWER_MS = -1

ATTEMPT_CLASS_PREFIX = "attempt:"
"""Put before the outcome class to count a failed attempt that was not final."""

MAX_CODES_PER_HOUR = 200
OTHER_CODE = "other"
"""What a partner code is counted as when it is the 201st undocumented one of its connector and hour."""

QUARTER_HOURS_KEPT_SECONDS = 100 * DAY_SECONDS
DAYS_KEPT_SECONDS = 400 * DAY_SECONDS
ERRORS_KEPT_SECONDS = 30 * DAY_SECONDS
ERRORS_KEPT_PER_CONNECTOR = 1_000_000
