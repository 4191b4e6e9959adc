"""What all tests share."""

pytest_plugins = ["tests.lab_fixtures", "tests.scenario.recovery_fixtures"]
