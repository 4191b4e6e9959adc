"""What all tests share."""

from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.lab_fixtures", "tests.scenario.recovery_fixtures"]

# Three processes share two cores here: how long an example took says nothing of the code.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")
