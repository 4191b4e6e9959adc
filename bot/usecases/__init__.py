"""One verb a file: port calls around domain decisions."""
