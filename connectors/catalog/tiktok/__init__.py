"""TikTok custom audiences: lists of an advertiser."""
