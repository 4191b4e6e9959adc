"""Pure: state → Block Kit and plain text."""
