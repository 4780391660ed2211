"""Superset's settings for browse.py: its own database in memory, no caches outside of the process."""

from sqlalchemy.pool import StaticPool

SECRET_KEY = "of a test"
SQLALCHEMY_DATABASE_URI = "sqlite://"
SQLALCHEMY_ENGINE_OPTIONS = {"poolclass": StaticPool}
CACHE_CONFIG = DATA_CACHE_CONFIG = FILTER_STATE_CACHE_CONFIG = EXPLORE_FORM_DATA_CACHE_CONFIG = {"CACHE_TYPE": "SimpleCache"}
