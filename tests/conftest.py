"""How hypothesis runs here: what it finds counts, how long a busy machine takes does not."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "parlour", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("parlour")
