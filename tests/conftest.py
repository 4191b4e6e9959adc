"""What all tests share."""

from hypothesis import HealthCheck, settings

pytest_plugins = [
    "pytester",
    "tests.lab_fixtures",
    "tests.lab_crashes",
    "tests.scenario.shared",
    "tests.scenario.recovery_fixtures",
    "tests.order",
]

# Five processes share two cores here: how long an example took says nothing of the code.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")
